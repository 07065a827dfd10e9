"""``nines`` alone: what is here, what is trained, what is proved, and what to type next, in ten lines."""

from pipeline.config import paths
from pipeline.config.study import Settings
from pipeline.files import guarantees, verdicts
from pipeline.files.outcomes import OUTCOME
from pipeline.files.scores import METRICS


def overview(known: Settings) -> list[str]:
    """Return the ten lines; a file that is damaged is another command's to name."""
    experiments = list(known.experiments)
    trained = [name for name in experiments if (paths.models(name) / OUTCOME).is_file()]
    scored = [name for name in trained if (paths.results(name) / METRICS).is_file()]
    nets = sum(len(list(paths.models(name).glob("length-*/seed-*.npz"))) for name in trained)
    found = [verdict for name in known.certificates if (verdict := verdicts.read(paths.certificates(name), name))]
    tried, proved = (sum(len(getattr(one, part)) for one in found) for part in ("verdicts", "proved"))
    beyond = [own for name in known.guarantees if (own := guarantees.read(paths.certificates(name), name))]
    page = paths.report() / "index.html"
    study = f"the study {paths.study()}" if paths.study() else "the study at the top"
    return [
        f"Trailing Nines, {study}: {_many(len(known.tasks), 'task')}, {_many(len(experiments), 'experiment')}.",
        f"tasks     {', '.join(known.tasks)}",
        f"trained   {_of(trained, experiments, ', ' + _many(nets, 'net'))}",
        f"scored    {_of(scored, experiments)}",
        f"proved    {f'{proved} of {tried} nets right on every input of every length' if tried else 'none yet'}{_beyond(beyond)}",
        f"report    {f'{page}, and live.html beside it' if page.is_file() else 'none yet'}",
        "",
        *_next(known, trained, scored),
    ]


def _beyond(found: list[guarantees.Guarantees]) -> str:
    tried, proved = sum(len(one.guarantees) for one in found), sum(len(one.of("proved")) for one in found)
    return f"; {proved} of {tried} that sort or count, as far as their guarantees say" if tried else ""


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _of(some: list[str], of: list[str], more: str = "") -> str:
    if not some:
        return "nothing yet"
    missing = [name for name in of if name not in some]
    named = f"; not {', '.join(missing[:3])}{' and others' if len(missing) > 3 else ''}" if missing else ""
    return f"{len(some)} of {len(of)} experiments{more}{named}"


def _next(known: Settings, trained: list[str], scored: list[str]) -> list[str]:
    """Return three lines: what to type next."""
    study = paths.study()
    nines = f"nines --study {study}" if study else "nines"
    if not trained:
        first = (f"{nines} pull", "fetch what is made from the DVC remote, if there is one")
    else:
        first = (f"{nines} explain {(scored or trained)[0]}", "one recipe in words, and what came out")
    if len(scored) < len(known.experiments):
        begin = (f"make repro STUDY={study}" if study else "make repro", "train and score what is missing, prove, report")
    else:
        begin = (
            (f"{nines} experiments", "all experiments")
            if "increment" not in known.tasks
            else (f"{nines} solve increment 1476233999", "ask a net")
        )
    rows = [begin, first, (f"{nines} --help", "all commands")]
    width = max(len(command) for command, _ in rows)
    return [f"{command:{width}}   # {said}" for command, said in rows]
