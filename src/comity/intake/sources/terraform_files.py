"""A folder of Terraform files: variables with their defaults, locals, providers, and modules that lie in the folder.

Nothing is run and nothing is fetched. What an expression cannot tell stays unknown.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from comity.errors import InputError, Problem, Problems, Span
from comity.facts import Vocabulary
from comity.intake.found import Finding, Found
from comity.intake.sources.deployment import lay_out
from comity.intake.sources.files import File, files_in, read_json, read_text
from comity.intake.sources.hcl import MAX_BYTES, Block, Body, Budget, Expression, parse_hcl, parse_tf_json
from comity.intake.sources.module import Config, Module, Providers, plain_text
from comity.intake.sources.resource import Resource

MAX_TOTAL_BYTES = 16 * 1024 * 1024  # some five minutes of parsing
MAX_EVALUATIONS = 1_500_000  # a few seconds; a large deployment takes a tenth of it
MAX_MODULES = 5000
MAX_RESOURCES = 100_000
MAX_DEPTH = 20

_ENDINGS = (".tf", ".tf.json", ".tfvars", ".tfvars.json")


def read_terraform_files(path: Path, *, shown: str, owner: str, vocabulary: Vocabulary) -> Found:
    """Systems and flows from a folder of `.tf` files.

    Reads nothing outside the folder. A folder that holds such files only in folders of its own stands for all of these.

    Args:
        path: the folder.
        shown: the name that problems show.
        owner: the entity that runs the deployment.
        vocabulary: not needed here; all sources are read alike.

    Raises:
        InputError: a file cannot be read or is not HCL; all problems of all files.
        MissingExtraError: the parser of HCL is not installed.
    """
    del vocabulary
    finding = Finding(f"terraform {shown}", owner)
    reader = _Folder(path, shown, finding)
    try:
        reader.read()
        lay_out(reader.resources(), finding)
    except RecursionError:
        raise InputError([Problem("too-deep", "blocks or values are nested too deeply", Span(shown))]) from None
    return finding.found()


@dataclass(slots=True)
class _Folder:
    path: Path
    shown: str
    finding: Finding
    configs: dict[Path, Config] = field(default_factory=dict)  # by folder, relative to the path
    values: dict[Path, list[tuple[str, Body]]] = field(
        default_factory=dict
    )  # of .tfvars, in the order in which they count
    budget: Budget = field(default_factory=lambda: Budget(MAX_EVALUATIONS))
    n_modules: int = 0

    # --- reading

    def read(self) -> None:
        """Parse all files; all problems are told at once."""
        problems = Problems()
        n_bytes = 0
        base = self.path if self.path.is_dir() else self.path.parent
        for file in files_in(self.path, self.shown, _ENDINGS, self.finding.remark):
            folder = file.path.parent.relative_to(base)
            if any(part.startswith(".") for part in folder.parts):
                continue  # what `terraform init` fetched
            n_bytes += file.path.stat().st_size
            if n_bytes > MAX_TOTAL_BYTES:
                message = f"the folder has more than {MAX_TOTAL_BYTES // (1024 * 1024)} MB of Terraform files"
                problems.add("file-too-large", message, Span(self.shown), help="import the plan or the state as JSON")
                break
            try:
                self._read_file(file, folder)
            except InputError as error:
                problems.found += [p for p in error.problems if p.code != "empty-file"]
        if not self.configs and not problems.found:
            help_ = "give the folder in which they are, or what `terraform show -json` prints"
            problems.add("missing-file", f"there is no `.tf` file in `{self.shown}`", Span(self.shown), help=help_)
        problems.require_none()

    def _read_file(self, file: File, folder: Path) -> None:
        name = file.path.name
        is_json = name.endswith(".json")
        if name.endswith((".tfvars", ".tfvars.json")):
            is_automatic = name.startswith("terraform.tfvars") or ".auto.tfvars" in name
            if not is_automatic:
                text = f"`{file.shown}` is left out: Terraform takes it only where it is named"
                self.finding.remark("not-read", text, Span(file.shown))
                return
        elif name.removesuffix(".json").removesuffix(".tf").endswith("override"):
            self.finding.remark("not-read", f"`{file.shown}` is left out: it overrides other files", Span(file.shown))
            return
        body = (
            parse_tf_json(read_json(file), file.shown) if is_json else parse_hcl(read_text(file, MAX_BYTES), file.shown)
        )
        if ".tfvars" in name:
            self.values.setdefault(folder, []).append((name, body))
        else:
            self.configs.setdefault(folder, Config(folder)).add(body)

    # --- what it stands for

    def resources(self) -> list[Resource]:
        """The resources of all root modules, and of the modules that they call."""
        found: list[Resource] = []
        roots = self._roots()
        for folder in roots:
            prefix = "" if len(roots) == 1 else f"{folder.as_posix()}/"
            given = self._given(folder)
            root = Module(self.configs[folder], "", given, Providers(), self.budget, self._reach, (folder,), prefix)
            self._take(root, found)
        return found

    def _roots(self) -> list[Path]:
        """The folders that nobody calls: the first one alone where it has files itself."""
        called = {
            folder
            for config in self.configs.values()
            for call in config.calls.values()
            if (folder := self._called(config, call)) is not None
        }
        free = sorted(self.configs.keys() - called)
        here = Path()
        if here not in self.configs:
            return free
        for folder in free:
            if folder != here:
                text = f"`{self.shown.rstrip('/')}/{folder.as_posix()}` is left out: nothing calls it as a module"
                self.finding.remark("not-read", text, Span(f"{self.shown.rstrip('/')}/{folder.as_posix()}"))
        return [here]

    def _given(self, folder: Path) -> dict[str, Expression]:
        """What the files of values say: `terraform.tfvars` first, then the others by name; the last one wins."""
        given: dict[str, Expression] = {}
        files = sorted(self.values.get(folder, ()), key=lambda f: (not f[0].startswith("terraform."), f[0]))
        for _, body in files:
            given.update(body.attributes)
        return given

    def _called(self, config: Config, call: Block) -> Path | None:
        """The folder in which a called module lies; None where that is not inside."""
        source = plain_text(call.body.attributes.get("source"))
        if not source.startswith(("./", "../")):
            return None
        target = Path(os.path.normpath(config.folder / source))
        return target if target in self.configs else None

    def _reach(self, module: Module, call: Block) -> Config | None:
        """The files of a module that is called; None where they are not here, or call themselves."""
        folder = self._called(module.config, call)
        is_endless = folder in module.chain or len(module.chain) > MAX_DEPTH
        return None if folder is None or is_endless else self.configs[folder]

    def _take(self, module: Module, found: list[Resource]) -> None:
        self.n_modules += 1
        found += module.resources()
        if self.n_modules > MAX_MODULES or len(found) > MAX_RESOURCES:
            is_modules = self.n_modules > MAX_MODULES
            what = f"more than {MAX_MODULES} modules" if is_modules else f"more than {MAX_RESOURCES} resources"
            raise InputError([Problem("too-deep", what, Span(self.shown), help="import the plan as JSON")])
        for name, call in module.config.calls.items():
            if self._reach(module, call) is None:
                self._tell_uncalled(module, name, call)
            for inner in module.inner(name):
                self._take(inner, found)
        for code, text, span in module.remarks:
            self.finding.remark(code, text, span)

    def _tell_uncalled(self, module: Module, name: str, call: Block) -> None:
        address = module.full(f"module.{name}")
        source = plain_text(call.body.attributes.get("source")) or "an expression"
        is_inside = self._called(module.config, call) is not None
        why = "it calls itself" if is_inside else "it does not lie in this folder; the plan as JSON has its resources"
        self.finding.remark("module-not-read", f"`{address}` from `{source[:100]}` is left out: {why}", call.span)
