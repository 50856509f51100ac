"""Tracks coming in: files (:mod:`.files`), and the samples that come with ``traffic``."""
