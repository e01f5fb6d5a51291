"""One directive = one dataclass field: `opt()` and its kin; the table is read back from the fields.

    ping: int = opt("ping", number(0, DAY), "SECONDS", default=0, scope=CONFIG | Scope.PUSH)

says the name in a file, how its arguments become a value, what to print when they don't, and where
the directive may stand. Nothing else lists directives that are supported.
"""

from __future__ import annotations

from dataclasses import field, fields
from enum import Flag, auto
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpn.config.values import Secret

T = TypeVar("T")
Arguments: TypeAlias = tuple[str, ...]


class Scope(Flag):
    """Where a directive may stand."""

    FILE = auto()
    COMMAND_LINE = auto()
    PUSH = auto()
    CONNECTION = auto()
    CLIENT = auto()  # a server's directives about one client


CONFIG = Scope.FILE | Scope.COMMAND_LINE
PUSHABLE = CONFIG | Scope.PUSH
CONFIG_OR_CLIENT = CONFIG | Scope.CLIENT
CLIENT_TOO = PUSHABLE | Scope.CLIENT
PER_CONNECTION = CONFIG | Scope.CONNECTION


class Alias(NamedTuple):
    """Another directive for the same field."""

    name: str
    parse: Callable[[Arguments], Any]
    usage: str


class Spec(NamedTuple):
    """What `opt()` was told about one directive, and which field it fills."""

    name: str
    parse: Callable[[Arguments], Any]
    usage: str
    scope: Scope
    many: bool = False
    contents: bool = False  # the first argument names a file, the value is what is in it
    private: bool = False  # and nobody else should be able to read that file
    also: str = ""  # a second field: `parse` answers a pair
    aliases: tuple[Alias, ...] = ()
    group: str = ""
    attribute: str = ""

    @property
    def fewest(self) -> int:
        """How many arguments must be there."""
        return sum(not word.startswith("[") and word != "..." for word in self.usage.split())

    @property
    def most(self) -> int | None:
        """How many arguments may be there; None: any number."""
        return None if "..." in self.usage else len(self.usage.split())


def _field(spec: Spec, default: object) -> object:
    return field(default=default, metadata={"directive": spec})


def opt(
    name: str,
    parse: Callable[[Arguments], T],
    usage: str = "VALUE",
    *,
    default: T,
    scope: Scope = CONFIG,
    aliases: tuple[Alias, ...] = (),
) -> T:
    """A directive of which the last one counts."""
    return cast("T", _field(Spec(name, parse, usage, scope, aliases=aliases), default))


def opt_pair(
    name: str,
    parse: Callable[[Arguments], tuple[T, object]],
    usage: str,
    *,
    default: T,
    also: str,
    scope: Scope = CONFIG,
) -> T:
    """A directive that fills a second field, `also`, too."""
    return cast("T", _field(Spec(name, parse, usage, scope, also=also), default))


def opts(
    name: str, parse: Callable[[Arguments], T], usage: str, *, scope: Scope = CONFIG
) -> tuple[T, ...]:
    """A directive that may stand several times; order is kept."""
    return cast("tuple[T, ...]", _field(Spec(name, parse, usage, scope, many=True), ()))


def flag(name: str, *, scope: Scope = CONFIG) -> bool:
    """A directive without arguments."""
    return cast("bool", _field(Spec(name, _true, "", scope), False))


def contents(
    name: str,
    usage: str = "FILE",
    *,
    scope: Scope = CONFIG,
    second: Callable[[Arguments], object] | None = None,
    also: str = "",
) -> bytes | None:
    """A directive that names a file; the value is its contents. second: into `also`."""
    spec = Spec(name, second or _true, usage, scope, contents=True, also=also)
    return cast("bytes | None", _field(spec, None))


def secret(
    name: str,
    usage: str = "FILE",
    *,
    scope: Scope = CONFIG,
    second: Callable[[Arguments], object] | None = None,
    also: str = "",
) -> Secret | None:
    """A file whose contents must never be printed. second: into `also`."""
    spec = Spec(name, second or _true, usage, scope, contents=True, private=True, also=also)
    return cast("Secret | None", _field(spec, None))


def _true(_arguments: Arguments) -> bool:
    return True


def specs_of(group: str, options_class: type) -> list[Spec]:
    """The directives that one group of options declares, aliases included, in order."""
    found = []
    for item in fields(options_class):
        spec: Spec | None = item.metadata.get("directive")
        if spec is None:
            continue
        found.append(spec._replace(group=group, attribute=item.name))
        found += [
            found[-1]._replace(name=alias.name, parse=alias.parse, usage=alias.usage)
            for alias in spec.aliases
        ]
    return found
