"""The demo: a real day of fire fighting from the air, replayed through a real server."""
