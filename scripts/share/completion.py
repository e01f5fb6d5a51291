"""Completion for bash, zsh and fish: the same walk in each.

`at` begins as the program and takes each word that is a command there: `lab`, `lab scenario`, `lab
scenario run`. Behind an option that takes a value the words for that are offered; else, for a word
that begins with a dash, the options of `at`; else its commands, or the words that its arguments
take. Where nothing is known the shell offers files. All is written down: no program is run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from shlex import quote

from scripts.share.programs import Command, Option

NOTE = "# Written by scripts/share from the program itself: `make docs`."


def files(program: Command) -> dict[str, str]:
    """Path below share: contents."""
    (name,) = program.path
    return {
        f"bash-completion/completions/{name}": bash(program),
        f"zsh/site-functions/_{name}": zsh(program),
        f"fish/vendor_completions.d/{name}.fish": fish(program),
    }


# --- bash and zsh -----------------------------------------------------------------------------


def bash(program: Command) -> str:
    """For bash."""
    (name,) = program.path
    return f"""\
# bash completion for {name}
{NOTE}

{function(name)}() {{
local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}}
local before=("${{COMP_WORDS[@]:1:COMP_CWORD-1}}")
{_walk(program)}
mapfile -t COMPREPLY < <(compgen -W "$takes" -- "$cur")
}}
complete -o bashdefault -o default -F {function(name)} {name}
"""


def zsh(program: Command) -> str:
    """For zsh."""
    return f"""\
#compdef {program.path[0]}
{NOTE}

local cur=${{words[CURRENT]}} prev=${{words[CURRENT-1]}}
local before=("${{(@)words[2,CURRENT-1]}}")
{_walk(program)}
[[ -n $takes ]] && compadd -- ${{=takes}} || _files
"""


def function(name: str) -> str:
    """What completes a program, as a name that every shell allows."""
    return f"_{name.replace('-', '_')}"


def _walk(program: Command) -> str:
    """From `cur`, `prev` and what stands `before` to `takes`, the words to choose from."""
    steps, offers, values = defaultdict(list), defaultdict(list), defaultdict(list)
    for command in program.walk():
        at = " ".join(command.path)
        if command is not program:
            steps['at+=" $word"'].append(at)
        options = " ".join(name for one in command.options for name in one.names)
        offers[f"options={quote(options)} takes={quote(' '.join(_words(command)))}"].append(at)
        for option, value in ((one, one.value) for one in command.options):
            if value:
                places = [f"{at} {name}" for name in option.names]
                values[f"takes={quote(' '.join(value.words))}"] += places
    values["[[ $cur != -* ]] || takes=$options"] = []
    return f"""\
local at={program.path[0]} options= takes= word
for word in "${{before[@]}}"; do
    case "$at $word" in{_branches(steps, 4)}
    esac
done
case $at in{_branches(offers, 0)}
esac
case "$at $prev" in{_branches(values, 0)}
esac"""


def _branches(cases: dict[str, list[str]], indent: int) -> str:
    """Of a `case`: what to do, at which places; at all others, if none are named."""
    margin = "\n" + " " * indent
    return "".join(
        f"{margin}{' | '.join(map(quote, places)) or '*'}) {todo} ;;"
        for todo, places in cases.items()
    )


def _words(command: Command) -> Iterable[str]:
    """What may stand there that is no option."""
    below = [one.path[-1] for one in command.commands]
    return below or dict.fromkeys(word for one in command.arguments for word in one.words)


# --- fish -------------------------------------------------------------------------------------


def fish(program: Command) -> str:
    """For fish."""
    (name,) = program.path
    commands = [" ".join(one.path) for one in program.walk() if one is not program]
    steps = f"""
        switch "$at $word"
            case {" ".join(map(quote, commands))}
                set at "$at $word"
        end"""
    return f"""\
# fish completion for {name}
{NOTE}

function _{function(name)}_at
    set -l at {name}
    for word in (commandline -opc)[2..]{steps if commands else ""}
    end
    test "$at" = "$argv"
end

""" + "".join(f"complete -c {name} {line}\n" for line in _completes(program))


def _completes(program: Command) -> Iterator[str]:
    for command in program.walk():
        here = f"-n {quote(' '.join([f'_{function(program.path[0])}_at', *command.path]))}"
        for below in command.commands:
            yield f"{here} -f -a {below.path[-1]} -d {quote(below.title)}"
        if not command.commands and command.arguments:
            files = "" if any(one.may_be_file for one in command.arguments) else " -f"
            words = " ".join(_words(command))
            yield f"{here}{files}" + (f" -a {quote(words)}" if words else "")
        for option in command.options:
            yield f"{here} {_fish_option(option)}"


def _fish_option(option: Option) -> str:
    parts = [f"-s {name[1:]}" if len(name) == 2 else f"-l {name[2:]}" for name in option.names]
    if option.value:
        takes = option.value
        parts.append("-r" if takes.may_be_file or not takes.words else "-x")
        parts += [f"-a {quote(' '.join(takes.words))}"] if takes.words else []
    says = option.says or (option.value.usage if option.value else "")
    return " ".join([*parts, *([f"-d {quote(says)}"] if says else [])])
