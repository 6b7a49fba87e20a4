"""What keeps the house's state: backups, restoring, room on the disk, and what is written to it."""
