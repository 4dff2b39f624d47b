"""The audit trail: who asked, what was judged, what ran, what came back."""

from warehouse.audit.digests import result_hash
from warehouse.audit.log import AuditLog
from warehouse.audit.records import Answered, DataClass, Failed, Judged
from warehouse.audit.retention import Pruned
from warehouse.audit.verification import Verification

__all__ = ["Answered", "AuditLog", "DataClass", "Failed", "Judged", "Pruned", "Verification", "result_hash"]
