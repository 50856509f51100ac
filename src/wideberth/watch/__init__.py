"""Live tracks, and what is said of them: start at :mod:`.engine`. Pure; time is handed in."""
