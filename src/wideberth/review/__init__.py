"""The pack for a review meeting: figures of a period, from the entries that one party may read.

Pure. Every figure carries the positions of the entries that it rests on; the same entries and the
same question give the same bytes. Nothing here ranks, weighs or judges.
"""
