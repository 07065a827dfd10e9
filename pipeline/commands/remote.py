"""Move what DVC has cached between this machine and a DVC remote: a bucket, a folder behind SSH, a shared folder (docs/remotes.md)."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.config import paths
from pipeline.core.errors import Mendable

if TYPE_CHECKING:
    from dvc.repo import Repo

_GUIDE = "docs/remotes.md says how"
# By the name of the exception: the libraries that raise them are installed only for those who need them.
_MENDS = {
    "NoCredentialsError": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "PartialCredentialsError": "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "ProfileNotFound": "check AWS_PROFILE",
    "EndpointConnectionError": "check the remote's endpointurl and the network",
    "ConnectionError": "check the remote's url and the network",
    "gaierror": "check the remote's url and the network",
    "PermissionError": "check the user, the credentials and what they may do",
    "FileNotFoundError": "check the remote's url",
    "ImportError": "install that package into the project's environment",
}
# As above: what is wrong with this checkout.
_LOCK_FILE = "restore the file with 'git checkout HEAD -- dvc.lock', or see docs/merging.md"
_MENDS_HERE = {
    "YAMLFileCorruptedError": _LOCK_FILE,
    "YAMLValidationError": _LOCK_FILE,
    "LockError": "wait until the other command of DVC has ended",
    "CacheLinkError": "choose another one with 'dvc config --local cache.type reflink,copy'",
}
_UNSAVED = "Can't remove the following unsaved files"


def push() -> int:
    """Send to the default remote what it lacks of ``dvc.lock``'s outputs; return how many files went.

    Raises:
        Mendable: There is no remote, it cannot be reached, or outputs are missing here.
    """
    with _remote() as repo:
        if missing := repo.data_status()["not_in_cache"]:
            raise Mendable(f"expected all outputs in DVC's cache, got none for {_some(missing)}; make them with 'dvc repro'")
        return int(repo.push())


def pull() -> int:
    """Fetch ``dvc.lock``'s outputs from the default remote and check them out; return how many files came.

    Raises:
        Mendable: There is no remote, it cannot be reached, or it lacks some of them.
    """
    from dvc.exceptions import CheckoutError

    with _remote() as repo:
        _folder_is_there(repo)
        try:
            return int(repo.pull()["stats"]["fetched"])
        except CheckoutError as error:
            mend = "push from where they were made, or make them with 'dvc repro'"
            raise Mendable(f"expected all outputs in the DVC remote, got none for {_some(error.target_infos)}; {mend}") from error


@contextmanager
def _remote() -> Iterator["Repo"]:
    from dvc.config import NoRemoteError
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    # DVC names every file that it misses; here one line says it all. (At a higher level it would show no progress either.)
    for logger in ("dvc", "dvc_data", "dvc_objects"):
        logging.getLogger(logger).setLevel(logging.ERROR)
    name = None
    try:
        with Repo(str(paths.folder()), config=_inherited()) as repo:
            name = repo.config["core"].get("remote")
            _touch(repo)
            yield repo
    except NoRemoteError as error:
        raise Mendable(f"expected a default DVC remote, got none; add one with 'dvc remote add --default NAME URL' ({_GUIDE})") from error
    except (DvcException, *_failures()) as error:
        if here := _fault_here(error):
            raise Mendable(here) from error
        mend = next((_MENDS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _MENDS), "check the remote's settings")
        raise Mendable(f"expected to reach the DVC remote '{name}', got {_first_line(error)}; {mend} ({_GUIDE})") from error


def _fault_here(error: BaseException) -> str | None:
    """Say what is wrong with this checkout, and not with the remote; ``None`` where it may be the remote."""
    head, *rest = str(error).splitlines() or [""]
    if head.startswith(_UNSAVED):
        # DVC knows the files by this text alone.
        changed = [os.path.relpath(path) for path in rest if path.strip()]
        target = changed[0] if len(changed) == 1 else "dvc.yaml"
        keep = f"keep what is there by moving it away, or drop it with 'dvc checkout --force {target}'"
        return f"expected outputs as DVC has left them, got changes in {_some(changed)}; {keep}"
    mend = next((_MENDS_HERE[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _MENDS_HERE), None)
    return None if mend is None else f"expected a checkout that DVC can work on, got {head.partition(' Check the page')[0]}; {mend}"


def _inherited() -> dict[str, Any] | None:
    """The default remote of the repository at the top, for a study that names none of its own."""
    from dvc.repo import Repo

    if paths.study() is None:
        return None
    with Repo(str(paths.folder())) as own, Repo(str(paths.find_root())) as top:
        name = top.config["core"].get("remote")
        if name is None or own.config["core"].get("remote"):
            return None
        return {"core": {"remote": name}, "remote": {name: dict(top.config["remote"][name])}}


def _touch(repo: "Repo") -> None:
    """Look into the remote once: where that fails, DVC itself would try every file and take a minute."""
    odb = repo.cloud.get_remote_odb()
    if odb.fs.protocol == "local":
        return  # a folder is made when something is first put there
    try:
        odb.fs.ls(odb.path)
    except FileNotFoundError as error:
        if "bucket" in str(error):
            raise


def _folder_is_there(repo: "Repo") -> None:
    """Ask for the folder of a remote that is one on this machine: a disk that is not mounted has nothing to fetch."""
    remote = repo.cloud.get_remote()
    if remote.fs.protocol == "local" and not remote.fs.isdir(remote.path):
        mend = f"mount its disk, or check the remote's url ({_GUIDE})"
        raise Mendable(f"expected the folder of the DVC remote '{remote.name}' at {remote.path}, got none there; {mend}")


def _failures() -> tuple[type[Exception], ...]:
    """Return what the libraries raise that are loaded by now."""
    optional = [("botocore.exceptions", "BotoCoreError"), ("botocore.exceptions", "ClientError"), ("asyncssh", "Error")]
    return (OSError, ImportError, *(getattr(sys.modules[module], name) for module, name in optional if module in sys.modules))


def _some(paths: list[str]) -> str:
    return str(paths[0]) if len(paths) == 1 else f"{len(paths)} of them, the first being {paths[0]}"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
