"""`Options`: everything that was configured, typed, as one frozen value.

The groups follow the manual. `table()` is the list of supported directives, read from the fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from vpn.config.access_options import AccessOptions, PerClientOptions
from vpn.config.field import Scope, Spec, specs_of
from vpn.config.link_options import LinkOptions, TunOptions
from vpn.config.management_options import ManagementOptions
from vpn.config.process_options import LogOptions, ProcessOptions
from vpn.config.role_options import ClientOptions, PushedOptions, ServerOptions
from vpn.config.script_options import ScriptOptions
from vpn.config.tls_options import DataOptions, TlsOptions
from vpn.config.values import (
    Compression,
    Connection,
    DevType,
    Pool,
    Proto,
    PullFilter,
    Remote,
    Route,
    Route6,
    Secret,
    Topology,
)

_LINK, _TUN, _TLS, _DATA = LinkOptions(), TunOptions(), TlsOptions(), DataOptions()
_SERVER, _CLIENT, _PUSH = ServerOptions(), ClientOptions(), PushedOptions()
_LOG, _PROCESS, _SCRIPTS = LogOptions(), ProcessOptions(), ScriptOptions()
_ACCESS, _PER_CLIENT = AccessOptions(), PerClientOptions()
_MANAGEMENT = ManagementOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All groups. `Options()` is what an empty configuration means."""

    link: LinkOptions = _LINK
    tun: TunOptions = _TUN
    tls: TlsOptions = _TLS
    data: DataOptions = _DATA
    server: ServerOptions = _SERVER
    client: ClientOptions = _CLIENT
    push: PushedOptions = _PUSH
    log: LogOptions = _LOG
    process: ProcessOptions = _PROCESS
    scripts: ScriptOptions = _SCRIPTS
    access: AccessOptions = _ACCESS
    per_client: PerClientOptions = _PER_CLIENT
    management: ManagementOptions = _MANAGEMENT
    warnings: tuple[str, ...] = ()  # lines to print at verb 1

    @property
    def is_point_to_point(self) -> bool:
        """Are the two ends equals, neither a server nor one that pulls?"""
        return not self.server.mode_server and not self.client.pull


GROUPS: dict[str, type] = {
    "link": LinkOptions,
    "tun": TunOptions,
    "tls": TlsOptions,
    "data": DataOptions,
    "server": ServerOptions,
    "client": ClientOptions,
    "push": PushedOptions,
    "log": LogOptions,
    "process": ProcessOptions,
    "scripts": ScriptOptions,
    "access": AccessOptions,
    "per_client": PerClientOptions,
    "management": ManagementOptions,
}


@cache
def table() -> dict[str, tuple[Spec, ...]]:
    """Directive name -> its fields: one, or two when a pushed one means something else."""
    found: dict[str, tuple[Spec, ...]] = {}
    for group, options_class in GROUPS.items():
        for spec in specs_of(group, options_class):
            found[spec.name] = (*found.get(spec.name, ()), spec)
    return found


def spec_for(name: str, scope: Scope) -> Spec | None:
    """The field that a directive fills where it stands; None if it may not stand there."""
    return next((spec for spec in table().get(name, ()) if spec.scope & scope), None)


__all__ = [
    "AccessOptions",
    "ClientOptions",
    "Compression",
    "Connection",
    "DataOptions",
    "DevType",
    "LinkOptions",
    "LogOptions",
    "ManagementOptions",
    "Options",
    "PerClientOptions",
    "Pool",
    "ProcessOptions",
    "Proto",
    "PullFilter",
    "PushedOptions",
    "Remote",
    "Route",
    "Route6",
    "ScriptOptions",
    "Secret",
    "ServerOptions",
    "TlsOptions",
    "Topology",
    "TunOptions",
]
