"""All layers of a repository together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from inseam.policy.joining import JoinedGate, of_both_branches, with_layer, with_org, with_profiles
from inseam.policy.layers import AnyLayer, GateLayer, OrgLayer, ProfileLayer, ServiceLayer
from inseam.policy.messages import PolicyMessage
from inseam.policy.orders import Settings


@dataclass(kw_only=True, eq=False)
class Joins:
    """Joins made so far, since most services share them. Keys are compared by identity."""

    upstream: dict[tuple[str, tuple[str, ...]], JoinedGate] = field(default_factory=dict)
    whole: dict[tuple[JoinedGate, GateLayer], JoinedGate] = field(default_factory=dict)
    compared: dict[tuple[JoinedGate, JoinedGate], JoinedGate] = field(default_factory=dict)


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
    _joins: Joins = field(default_factory=Joins, repr=False)
    _by_path: dict[str, ServiceLayer] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for layer in self.services.values():
            self._by_path.setdefault(layer.document.path, layer)

    def upstream(self, gate: str, profiles: tuple[str, ...]) -> JoinedGate:
        """`org ⊔ profiles` for one gate: what a service's own layer is held against.

        Profiles that do not exist are passed over (they are among the errors).
        """
        key = (gate, profiles)
        joined = self._joins.upstream.get(key)
        if joined is None:
            org = None if self.org is None else self.org.gates.get(gate)
            stated = [layer.gates.get(gate) for layer in self.profiles_of(profiles)]
            joined = with_profiles(
                with_org(self.gates[gate], org), [layer for layer in stated if layer is not None]
            )
            self._joins.upstream[key] = joined
        return joined

    def joined(self, gate: str, profiles: tuple[str, ...], layer: AnyLayer | None) -> JoinedGate:
        """`org ⊔ profiles ⊔ layer` for one gate."""
        upstream = self.upstream(gate, profiles)
        stated = None if layer is None else layer.gates.get(gate)
        if stated is None:
            return upstream
        key = (upstream, stated)
        joined = self._joins.whole.get(key)
        if joined is None:
            joined = self._joins.whole[key] = with_layer(upstream, stated)
        return joined

    def compared(self, base: JoinedGate, head: JoinedGate) -> JoinedGate:
        """`base ⊔ head` of a pull request, with these policies as the head."""
        key = (base, head)
        joined = self._joins.compared.get(key)
        if joined is None:
            joined = self._joins.compared[key] = of_both_branches(base, head)
        return joined

    def profiles_of(self, names: Iterable[str]) -> list[ProfileLayer]:
        """The profiles called `names`, as far as they exist."""
        return [self.profiles[name] for name in names if name in self.profiles]

    def service_layer(self, name: str, path: str | None) -> ServiceLayer | None:
        """The layer of the service called `name` or, if there is none, of the one whose folder is
        `path`: to call a service something else does not rid it of its policy."""
        found = self.services.get(name)
        return self._by_path.get(path) if found is None and path is not None else found
