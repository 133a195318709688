"""Incidents: policy packs that are put above every policy at once, for a while, by somebody, for a reason."""

from guardproxy.governance.incidents.model import Incident, IncidentRefused, UnknownIncident, Wanted
from guardproxy.governance.incidents.store import IncidentStore

__all__ = ["Incident", "IncidentRefused", "IncidentStore", "UnknownIncident", "Wanted"]
