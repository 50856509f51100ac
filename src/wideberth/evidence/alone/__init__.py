"""The parts of the stand-alone verifier; see :mod:`wideberth.evidence.verifier`."""
