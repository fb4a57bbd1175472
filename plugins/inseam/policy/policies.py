"""All layers of a repository together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from inseam.policy.joining import JoinedGate, with_org, with_profiles
from inseam.policy.layers import OrgLayer, ProfileLayer, ServiceLayer
from inseam.policy.messages import PolicyMessage
from inseam.policy.orders import Settings


@dataclass(frozen=True, kw_only=True, eq=False)
class Policies:
    """The organisation's layer, profiles and services by name. With `errors`, nothing may be
    judged by them."""

    gates: Mapping[str, type[Settings]]
    """Every gate's settings, by the gate's id."""
    root: str = "policies"
    """The folder of `org.yaml`."""
    is_empty: bool = False
    """Whether there are no documents of policy at all, neither right nor wrong ones."""
    org: OrgLayer | None = None
    profiles: Mapping[str, ProfileLayer] = field(default_factory=dict)
    services: Mapping[str, ServiceLayer] = field(default_factory=dict)
    errors: tuple[PolicyMessage, ...] = ()
    _joined: dict[tuple[str, tuple[str, ...]], JoinedGate] = field(
        default_factory=dict, init=False, repr=False
    )
    _by_path: dict[str, ServiceLayer] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for layer in self.services.values():
            self._by_path.setdefault(layer.document.path, layer)

    def upstream(self, gate: str, profiles: tuple[str, ...]) -> JoinedGate:
        """`org ⊔ profiles` for one gate: what a service's own layer is held against.

        Profiles that do not exist are passed over (they are among the errors). Joins are kept,
        because most services share them.
        """
        key = (gate, profiles)
        joined = self._joined.get(key)
        if joined is None:
            org = None if self.org is None else self.org.gates.get(gate)
            stated = [layer.gates.get(gate) for layer in self.profiles_of(profiles)]
            joined = with_profiles(
                with_org(self.gates[gate], org), [layer for layer in stated if layer is not None]
            )
            self._joined[key] = joined
        return joined

    def profiles_of(self, names: Iterable[str]) -> list[ProfileLayer]:
        """The profiles called `names`, as far as they exist."""
        return [self.profiles[name] for name in names if name in self.profiles]

    def service_layer(self, name: str, path: str | None) -> ServiceLayer | None:
        """The layer of the service called `name` or, if there is none, of the one whose folder is
        `path`: to call a service something else does not rid it of its policy."""
        found = self.services.get(name)
        return self._by_path.get(path) if found is None and path is not None else found
