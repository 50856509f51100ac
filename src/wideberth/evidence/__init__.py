"""Evidence: what a party hands to somebody who has no reason to believe it.

A *bundle* (:mod:`wideberth.evidence.bundle`) holds chosen entries with their proofs, a page in
plain words and a verifier that needs nothing of wideberth. A *disclosure*
(:mod:`wideberth.evidence.disclosure`) shows one entry to one party. Both show nothing of any other
entry but hashes.
"""
