"""Words sealed end to end: to whom they are addressed, and to nobody else."""
