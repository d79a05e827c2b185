#!/usr/bin/env python3
"""Prints figures of the structure: python3 benches/structure.py [DIRECTORY]

Counted are the files of src/ and crates/*/src/ that hold no tests. A line of code is neither empty nor a comment, nor part of a module of tests at
the end of its file. A circle is a set of modules at the top of the host (or of crates) that use one another, directly or by others.
"""

import re
import statistics
import sys
from collections import Counter, defaultdict
from pathlib import Path

LONG = 400


def code(text: str) -> str:
    return re.split(r"^#\[cfg\((?:all\()?test", text, maxsplit=1, flags=re.MULTILINE)[0]


def lines_of_code(text: str) -> int:
    lines = (line.strip() for line in code(text).splitlines())
    return sum(1 for line in lines if line and not line.startswith("//"))


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Sets of nodes that reach one another, of more than one."""

    def reached(node: str) -> set[str]:
        found, waiting = set(), [node]
        while waiting:
            for next_node in arrows[waiting.pop()] - found:
                found.add(next_node)
                waiting.append(next_node)
        return found

    reach = {node: reached(node) for node in list(arrows)}
    found = {frozenset(other for other in reach[node] if node in reach.get(other, ())) for node in reach}
    return sorted(sorted(circle) for circle in found if len(circle) > 1)


def main(root: Path) -> None:
    sources = [root / "src", *sorted(root.glob("crates/*/src"))]
    files = [path for source in sources for path in sorted(source.rglob("*.rs"))]
    files = [path for path in files if not re.search(r"(^|[/_])tests?(\.rs|/)", str(path.relative_to(root)))]
    texts = {path: path.read_text() for path in files}
    counted = {path: lines_of_code(text) for path, text in texts.items()}
    longest = sorted(counted, key=counted.get, reverse=True)
    long = [path for path in longest if counted[path] > LONG]
    print(f"crates                      {max(1, len(list(root.glob('crates/*/Cargo.toml'))) + 1)}")
    print(f"files                       {len(files)}")
    print(f"lines of code               {sum(counted.values())}, median of a file {statistics.median(counted.values()):.0f}")
    print(f"files over {LONG} lines        {len(long)}")
    for path in long:
        print(f"    {counted[path]:5} {path.relative_to(root)}")

    host = defaultdict(set)
    crates = defaultdict(set)
    for path, text in texts.items():
        parts = path.relative_to(root).parts
        if parts[0] == "src" and len(parts) > 1:
            own = parts[1].removesuffix(".rs")
            used = re.findall(r"\bcrate::([a-z_]+)", code(text))
            if own not in ("main", "lib"):
                host[own] |= {name for name in used if name != own}
        else:
            used = re.findall(r"\b(jane_[a-z_]+)::", code(text))
            own = parts[1].replace("-", "_")
            crates[own] |= {name for name in used if name != own}
    print(f"circles of host's modules   {circles(host) or 'none'}")
    print(f"circles of crates           {circles(crates) or 'none'}")

    types = Counter()
    for text in texts.values():
        types.update(re.findall(r"^pub(?:\([a-z]+\))? (?:struct|enum|trait|type) (\w+)", code(text), re.MULTILINE))
    twice = sorted(name for name, count in types.items() if count > 1)
    print(f"type names used twice       {len(twice)} of {len(types)}: {', '.join(twice)}")

    documented = [doc for text in texts.values() for doc in re.findall(r"(?:^|\n)(?!\s*///)[^\n]*\n\s*/// ([^\n]*)", code(text))]
    riddles = [doc for doc in documented if re.match(r"(What|Whether|How|Where|Who)\b", doc)]
    print(f"documented items            {len(documented)}, of them {len(riddles)} begin with What, Whether, How, Where or Who")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
