"""Plugins: what one costs that does nothing, and inference beside Python's pool, with the same model."""
import os
import subprocess
import sys
from dataclasses import replace

from . import measure, sets
from .contenders import Contender, Job, ours
from .settings import BENCH, BUILD, HERE, QUALITY, ROOT, ROUNDS, WORKERS

# The cost of nothing is small beside the noise: more rounds, by CPU time.
TURNS = 4

# Pictures at a time, of the one that takes several.
TOGETHER = 16

# The models, and the pictures that they see.
MODELS = {"faces": "128x128", "moderate": "224x224"}


def with_plugin(plugin, *more, name="plugin"):
    contender = ours("process", more=("--plugin", str(plugin), *more))
    return replace(contender, name=f"{contender.name}, {name}")


def compiled(name, *flags):
    library = BENCH / name
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-I", ROOT / "include", *flags, "-o", library,
                    HERE / "nothing_plugin.c"], check=True)
    return library


def nothing(title, job):
    several = compiled("nothing_plugin_batch.so", f"-DTOGETHER={TOGETHER}")
    everybody = [ours("process"), with_plugin(compiled("nothing_plugin.so")),
                 with_plugin(several, name=f"plugin for {TOGETHER}")]
    results = measure.rounds(job, everybody, count=TURNS * ROUNDS)
    without, with_one, with_several = (results[one.name] for one in everybody)
    print(f"  {title:28}{without['cpu']:8.3f} CPU s without")
    for name, row in (("with one", with_one), (f"with one for {TOGETHER} at a time", with_several)):
        print(f"  {name:>28}{row['cpu']:8.3f} CPU s, {100 * (row['cpu'] / without['cpu'] - 1):+.1f} %; "
              f"wall time {100 * (row['wall'] / without['wall'] - 1):+.1f} %")
    return {"without_cpu": without["cpu"], "with_cpu": with_one["cpu"], "several_cpu": with_several["cpu"]}


def all_there(contender, job, output):
    made = sum(not name.startswith(".") for name in os.listdir(output))
    if made != len(os.listdir(job.source)):
        sys.exit(f"bench: {contender.name} made {made} of {len(os.listdir(job.source))}")
    return {}


def python(kind, name, model):
    return Contender(f"Python's pool, model {kind.replace('-', ' ')}", command=lambda job, output: [
        "/usr/bin/python3", HERE / "python_models.py", kind, name, str(WORKERS), model, job.source, output, str(QUALITY)])


def inference(title, job, name, model):
    mine = with_plugin(f"{BUILD}/examples/{name}.so,{model}", "--fit", "pad", "--enlarge")
    everybody = [mine, python("once-a-process", name, model), python("once-a-batch", name, model)]
    results = measure.rounds(job, everybody, all_there)
    files = len(os.listdir(job.source))
    print(f"\n  {title}: {files} files to {job.sizes[0]}, {name}, {WORKERS} workers")
    for contender, row in results.items():
        print(f"  {contender:44}{row['wall']:8.2f} s {row['cpu']:8.2f} CPU s {files / row['wall']:8.1f}/s "
              f"{row['wall'] / results[mine.name]['wall']:6.2f}x")
    return {contender: {"wall": row["wall"], "cpu": row["cpu"]} for contender, row in results.items()}


def inferences():
    results = {}
    for name, side in MODELS.items():
        model = ROOT / f".deps/{name}.onnx"
        fetched = subprocess.run([ROOT / "scripts/fetch-model", name, model], check=False).returncode == 0
        if not fetched or not (BUILD / f"examples/{name}.so").exists():
            print(f"  no inference: the model or build/examples/{name}.so (`make examples`) is not there")
            continue
        for title, source in (("photographs", sets.photographs()), ("small", sets.small_fifth())):
            results[f"inference {name} {title}"] = inference(title, Job(source, (side,)), name, model)
    return results


def plugin():
    print("\nA plugin that does nothing, medians\n")
    photographs, small = Job(sets.photographs(), ("800x600",)), Job(sets.small(), ("200x150",))
    results = {"nothing photographs": nothing("photographs to 800x600", photographs),
               "nothing small": nothing("small pictures to 200x150", small)}
    return results | inferences()
