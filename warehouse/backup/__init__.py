"""Operational state in one file, and back: accounts, threads, answers, audit trail, accepted entries."""

from warehouse.backup.making import Backup, make_backup
from warehouse.backup.restoring import Restored, restore_backup

__all__ = ["Backup", "Restored", "make_backup", "restore_backup"]
