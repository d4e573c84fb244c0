# ---
# jupyter:
#   jupytext:
#     text_representation: {format_name: percent}
# ---

# %% [markdown]
# # Answers to 18 · Kubeflow pipelines
#
# Each cell is the whole source of one exercise. Wrong answers are misconceptions: `expect` is a part of the message
# that a learner who holds it must read. Right answers reach the contract in another way than the reference.

# %% [markdown]
# ## lint

# %% exercise="lint" answer="wrong" name="only_dependent_tasks" expect="An input is a need too"
# Misconception: dependentTasks lists all that a task needs.
def lint(spec):
    components, found = spec["components"], set()
    for dag in [spec["root"]["dag"], *(c["dag"] for c in components.values() if "dag" in c)]:
        tasks = dag["tasks"]
        for name, task in tasks.items():
            if task["componentRef"]["name"] not in components:
                found.add((name, "component"))
            if set(task.get("dependentTasks", [])) - set(tasks):
                found.add((name, "task"))
    return sorted(found)

# %% exercise="lint" answer="wrong" name="leftover_is_the_cycle" expect="as those do who take all that is left over"
# Misconception: what a topological sort cannot place is the cycle.
def lint(spec):
    components, found = spec["components"], set()
    for dag in [spec["root"]["dag"], *(c["dag"] for c in components.values() if "dag" in c)]:
        tasks = dag["tasks"]
        needs = {n: {*t.get("dependentTasks", []), *(p for p, _, _ in references(t))} for n, t in tasks.items()}
        for name, task in tasks.items():
            if task["componentRef"]["name"] not in components:
                found.add((name, "component"))
            if needs[name] - set(tasks):
                found.add((name, "task"))
            for producer, kind, output in references(task):
                made = components.get(tasks[producer]["componentRef"]["name"]) if producer in tasks else None
                if made is not None and output not in made.get("outputDefinitions", {}).get(kind, {}):
                    found.add((name, "output"))
        left = set(tasks)
        while ready := {n for n in left if not needs[n] & left}:
            left -= ready
        found |= {(n, "cycle") for n in left}
    return sorted(found)

# %% exercise="lint" answer="wrong" name="kinds_are_one" expect="Artifacts and parameters are two kinds"
# Misconception: an output is a name; whether it is an artifact or a parameter does not matter.
def lint(spec):
    components, found = spec["components"], set()
    for dag in [spec["root"]["dag"], *(c["dag"] for c in components.values() if "dag" in c)]:
        tasks = dag["tasks"]
        for name, task in tasks.items():
            if task["componentRef"]["name"] not in components:
                found.add((name, "component"))
            for producer in {*task.get("dependentTasks", []), *(p for p, _, _ in references(task))}:
                if producer not in tasks:
                    found.add((name, "task"))
            for producer, _, output in references(task):
                made = components.get(tasks[producer]["componentRef"]["name"]) if producer in tasks else None
                names = {o for kind in (made or {}).get("outputDefinitions", {}).values() for o in kind}
                if made is not None and output not in names:
                    found.add((name, "output"))
    return sorted(found)

# %% exercise="lint" answer="wrong" name="cycles_of_two" expect="A cycle can go through several tasks" of="leftover_is_the_cycle"
# Misconception: a cycle is two tasks that need each other.
# - left = set(tasks)
# - while ready := {n for n in left if not needs[n] & left}:
# -     left -= ready
# - found |= {(n, "cycle") for n in left}
# +     if any(name in needs.get(other, ()) for other in needs[name]):
# +         found.add((name, "cycle"))

# %% exercise="lint" answer="wrong" name="root_only" expect="A condition's component has a DAG of its own"
# Misconception: the root's graph is the pipeline.
def lint(spec):
    components, found, tasks = spec["components"], set(), spec["root"]["dag"]["tasks"]
    needs = {n: {*t.get("dependentTasks", []), *(p for p, _, _ in references(t))} for n, t in tasks.items()}
    for name, task in tasks.items():
        if task["componentRef"]["name"] not in components:
            found.add((name, "component"))
        if needs[name] - set(tasks):
            found.add((name, "task"))
        for producer, kind, output in references(task):
            made = components.get(tasks[producer]["componentRef"]["name"]) if producer in tasks else None
            if made is not None and output not in made.get("outputDefinitions", {}).get(kind, {}):
                found.add((name, "output"))
        reached, ahead = set(), [name]
        while ahead:
            new = needs.get(ahead.pop(), set()) - reached
            reached, ahead = reached | new, [*ahead, *new]
        if name in reached:
            found.add((name, "cycle"))
    return sorted(found)

# %% exercise="lint" answer="wrong" name="a_pair_for_each_finding" expect="collect pairs in a set"
# Misconception: each fault that is found is a line of its own, also where two are the same pair.
def lint(spec):
    components, found = spec["components"], []
    for dag in [spec["root"]["dag"], *(c["dag"] for c in components.values() if "dag" in c)]:
        tasks, needs = dag["tasks"], {}
        for name, task in tasks.items():
            needs[name] = {*task.get("dependentTasks", []), *(p for p, _, _ in references(task))}
            if task["componentRef"]["name"] not in components:
                found.append((name, "component"))
            if needs[name] - set(tasks):
                found.append((name, "task"))
            for producer, kind, output in references(task):
                made = components.get(tasks[producer]["componentRef"]["name"]) if producer in tasks else None
                if made is not None and output not in made.get("outputDefinitions", {}).get(kind, {}):
                    found.append((name, "output"))
        for name in tasks:
            reached, ahead = set(), [name]
            while ahead:
                new = needs.get(ahead.pop(), set()) - reached
                reached, ahead = reached | new, [*ahead, *new]
            if name in reached:
                found.append((name, "cycle"))
    return sorted(found)

# %% exercise="lint" answer="wrong" name="latest_first" expect="their order is not" of="reference"
# Misconception: a report is for reading; its order does not matter.
# - needs[name] = {*task.get("dependentTasks", []), *(producer for producer, _, _ in references(task))}
# + needs[name] = {*task.get("dependentTasks", []), *(p for p, _, _ in references(task))}
#
# - component = components.get(tasks[producer]["componentRef"]["name"]) if producer in tasks else None
# - if component is not None and output not in component.get("outputDefinitions", {}).get(kind, {}):
# + made = components.get(tasks[producer]["componentRef"]["name"]) if producer in tasks else None
# + if made is not None and output not in made.get("outputDefinitions", {}).get(kind, {}):
#
# - return sorted(found)
# + return sorted(found, reverse=True)

# %% exercise="lint" answer="wrong" name="blames_the_reader" expect="What it makes cannot be known then" of="reference"
# Misconception: an output of a task whose component is unknown is missing as well.
# - needs[name] = {*task.get("dependentTasks", []), *(producer for producer, _, _ in references(task))}
# + needs[name] = {*task.get("dependentTasks", []), *(p for p, _, _ in references(task))}
#
# - component = components.get(tasks[producer]["componentRef"]["name"]) if producer in tasks else None
# - if component is not None and output not in component.get("outputDefinitions", {}).get(kind, {}):
# + made = components.get(tasks[producer]["componentRef"]["name"], {}) if producer in tasks else None
# + if made is not None and output not in made.get("outputDefinitions", {}).get(kind, {}):

# %% exercise="lint" answer="wrong" name="tidies_up" expect="lint has changed the spec" of="reference"
# Misconception: the spec is mine to take apart.
# - needs[name] = {*task.get("dependentTasks", []), *(producer for producer, _, _ in references(task))}
# + needs[name] = {*task.pop("dependentTasks", []), *(p for p, _, _ in references(task))}
#
# - component = components.get(tasks[producer]["componentRef"]["name"]) if producer in tasks else None
# - if component is not None and output not in component.get("outputDefinitions", {}).get(kind, {}):
# + made = components.get(tasks[producer]["componentRef"]["name"]) if producer in tasks else None
# + if made is not None and output not in made.get("outputDefinitions", {}).get(kind, {}):

# %% exercise="lint" answer="wrong" name="one_namespace" expect="follows the needs of one into the other" of="tidies_up"
# Misconception: names of tasks are the same in all graphs, so one dict of needs will do.
#   components, found = spec["components"], set()
# + needs = {}
#   for dag in [spec["root"]["dag"], *(c["dag"] for c in components.values() if "dag" in c)]:
# -     tasks, needs = dag["tasks"], {}
# +     tasks = dag["tasks"]
#       for name, task in tasks.items():
# -         needs[name] = {*task.pop("dependentTasks", []), *(p for p, _, _ in references(task))}
# +         needs[name] = {*task.get("dependentTasks", []), *(p for p, _, _ in references(task))}
#           if task["componentRef"]["name"] not in components:

# %% exercise="lint" answer="wrong" name="rings_of_dependent_tasks" expect="goes through what tasks read" of="reference"
# Misconception: only dependentTasks say who waits for whom.
# - for name in tasks:
# -     reached, ahead = set(), [name]
# + waits = {name: set(task.get("dependentTasks", [])) for name, task in tasks.items()}
# + for name in tasks:
# +     reached, ahead = set(), [name]
#
# - new = needs.get(ahead.pop(), set()) - reached
# + new = waits.get(ahead.pop(), set()) - reached

# %% exercise="lint" answer="wrong" name="one_problem_a_task" expect="A task with two faults" of="reference"
# Misconception: the first problem of a task is enough.
# - return sorted(found)
# + return sorted({name: (name, problem) for name, problem in sorted(found, reverse=True)}.values())

# %% exercise="lint" answer="wrong" name="rings_of_the_root_only" expect="A ring inside of a component" of="reference"
# Misconception: only the root's DAG can have a ring.
# - for name in tasks:
# -     reached, ahead = set(), [name]
# + for name in tasks if dag is spec["root"]["dag"] else []:
# +     reached, ahead = set(), [name]

# %% exercise="lint" answer="right" name="matrix_powers"
# Reachability by boolean matrix products; a task is in a cycle if it reaches itself.
def lint(spec):
    found = []
    for dag in [spec["root"]["dag"], *(c["dag"] for c in spec["components"].values() if "dag" in c)]:
        found += problems_of(dag["tasks"], spec["components"])
    return sorted(set(found))


def problems_of(tasks, components):
    names = list(tasks)
    step = np.zeros((len(names), len(names)), dtype=int)
    for i, name in enumerate(names):
        asked = [(p, None, None) for p in tasks[name].get("dependentTasks", [])] + references(tasks[name])
        if tasks[name]["componentRef"]["name"] not in components:
            yield name, "component"
        for producer, kind, output in asked:
            if producer not in tasks:
                yield name, "task"
                continue
            step[i, names.index(producer)] = 1
            component = components.get(tasks[producer]["componentRef"]["name"])
            if kind and component is not None and output not in component.get("outputDefinitions", {}).get(kind, {}):
                yield name, "output"
    reach = step
    for _ in names:
        reach = ((reach + reach @ step) > 0).astype(int)
    yield from ((name, "cycle") for i, name in enumerate(names) if reach[i, i])

# %% exercise="lint" answer="right" name="peel_from_both_ends"
# Peel off tasks that need nothing, then tasks that nobody needs, and test the rest by depth-first search.
def lint(spec):
    components, found = spec["components"], []
    graphs = [spec["root"]["dag"]["tasks"]] + [c["dag"]["tasks"] for c in components.values() if c.get("dag")]
    for tasks in graphs:
        needs = {}
        for name in tasks:
            task = tasks[name]
            needs[name] = set(task.get("dependentTasks") or []).union(r[0] for r in references(task))
            if components.get(task["componentRef"]["name"]) is None:
                found.append((name, "component"))
            if not needs[name].issubset(tasks):
                found.append((name, "task"))
            for producer, kind, output in references(task):
                try:
                    component = components[tasks[producer]["componentRef"]["name"]]
                except KeyError:
                    continue
                if output not in (component.get("outputDefinitions") or {}).get(kind, ()):
                    found.append((name, "output"))

        def meets(start, at, seen):
            return any(n == start or (n not in seen and n in needs and not seen.add(n) and meets(start, n, seen)) for n in needs[at])

        found += [(name, "cycle") for name in needs if meets(name, name, set())]
    return sorted(dict.fromkeys(found))

# %% [markdown]
# ## fingerprints

# %% exercise="fingerprints" answer="wrong" name="python_hash" expect="Python's hash() differs from process to process"
# Misconception: hash() is a digest.
def fingerprints(steps):
    return {name: str(hash(json.dumps(step, sort_keys=True))) for name, step in steps.items()}

# %% exercise="fingerprints" answer="wrong" name="whole_step" expect="When and where are not part of the work"
# Misconception: hash all that is known, to be safe; then nothing is ever equal.
def fingerprints(steps):
    return {n: hashlib.sha256(json.dumps(s, sort_keys=True).encode()).hexdigest() for n, s in steps.items()}

# %% exercise="fingerprints" answer="wrong" name="unsorted" expect="A dict's order is nobody's intention"
# Misconception: equal dicts have equal text.
def fingerprints(steps):
    def of(name):
        s = {k: v for k, v in steps[name].items() if k not in ("started", "folder")}
        s["inputs"] = {i: of(m) for i, m in s["inputs"].items()}
        return hashlib.sha256(json.dumps(s).encode()).hexdigest()
    return {name: of(name) for name in steps}

# %% exercise="fingerprints" answer="wrong" name="own_step_only" expect="names of steps do not count"
# Misconception: a step is its code and the names of its inputs' makers; what changed in them is their business.
def fingerprints(steps):
    keys = ("code", "image", "parameters", "inputs")
    return {n: hashlib.sha256(json.dumps({k: s[k] for k in keys}, sort_keys=True).encode()).hexdigest() for n, s in steps.items()}

# %% exercise="fingerprints" answer="wrong" name="makers_code_only" expect="use the maker's fingerprint, not its code"
# Misconception: it is enough to look one step back.
def fingerprints(steps):
    def own(s):
        return [s["code"], s["image"], s["parameters"]]
    return {
        n: hashlib.sha256(json.dumps([own(s), {i: own(steps[m]) for i, m in s["inputs"].items()}], sort_keys=True).encode()).hexdigest()
        for n, s in steps.items()
    }

# %% exercise="fingerprints" answer="wrong" name="joined_strings" expect="Strings that are only joined run into each other"
# Misconception: joining all parts keeps them apart.
def fingerprints(steps):
    def of(name):
        s = steps[name]
        inputs = {i: of(m) for i, m in s["inputs"].items()}
        text = s["code"] + s["image"] + json.dumps([s["parameters"], inputs], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
    return {name: of(name) for name in steps}

# %% exercise="fingerprints" answer="wrong" name="inputs_as_a_set" expect="Each input counts under its name"
# Misconception: which files went in counts, not for what.
def fingerprints(steps):
    def of(name):
        s = steps[name]
        counts = [s["code"], s["image"], s["parameters"], sorted(of(m) for m in s["inputs"].values())]
        return hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()
    return {name: of(name) for name in steps}

# %% exercise="fingerprints" answer="wrong" name="inputs_by_place" expect="An input counts under its name, not by its place" of="inputs_as_a_set"
# Misconception: the makers' fingerprints in the order of the dict are enough.
# - counts = [s["code"], s["image"], s["parameters"], sorted(of(m) for m in s["inputs"].values())]
# + counts = [s["code"], s["image"], s["parameters"], [of(m) for m in s["inputs"].values()]]

# %% exercise="fingerprints" answer="wrong" name="code_and_inputs" expect="Parameters count" of="inputs_as_a_set"
# Misconception: what a step is, is its code and what went in.
# - counts = [s["code"], s["image"], s["parameters"], sorted(of(m) for m in s["inputs"].values())]
# + counts = [s["code"], s["image"], {i: of(m) for i, m in s["inputs"].items()}]

# %% exercise="fingerprints" answer="wrong" name="all_is_text" expect="str() makes them alike" of="inputs_as_a_set"
# Misconception: a parameter is what is printed of it.
# - counts = [s["code"], s["image"], s["parameters"], sorted(of(m) for m in s["inputs"].values())]
# + counts = [s["code"], s["image"], {k: str(v) for k, v in s["parameters"].items()}, {i: of(m) for i, m in s["inputs"].items()}]

# %% exercise="fingerprints" answer="wrong" name="lists_are_sets" expect="A list as parameter in another order" of="inputs_as_a_set"
# Misconception: the order of a list is as accidental as that of a dict.
# - counts = [s["code"], s["image"], s["parameters"], sorted(of(m) for m in s["inputs"].values())]
# + counts = [s["code"], s["image"], {k: sorted(v) if isinstance(v, list) else v for k, v in s["parameters"].items()}, {i: of(m) for i, m in s["inputs"].items()}]

# %% exercise="fingerprints" answer="wrong" name="one_bag" expect="Where a parameter has the name of an input" of="inputs_as_a_set"
# Misconception: parameters and inputs are arguments, and arguments have different names.
# - counts = [s["code"], s["image"], s["parameters"], sorted(of(m) for m in s["inputs"].values())]
# + counts = [s["code"], s["image"], {**s["parameters"], **{i: of(m) for i, m in s["inputs"].items()}}]

# %% exercise="fingerprints" answer="wrong" name="numbers_are_floats" expect="A step gets an integer or a float"
# Misconception: 1 and 1.0 are one number, so they are one parameter.
def fingerprints(steps):
    def plain(v):
        return float(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v

    def of(name):
        s = steps[name]
        counts = [s["code"], s["image"], {k: plain(v) for k, v in s["parameters"].items()}, {i: of(m) for i, m in s["inputs"].items()}]
        return hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()
    return {name: of(name) for name in steps}

# %% exercise="fingerprints" answer="wrong" name="remembered_by_equality" expect="As keys of a dict they are equal"
# Misconception: two steps with equal keys are equal, so the digest of the first can be looked up.
def fingerprints(steps):
    known = {}

    def frozen(v):
        return tuple(v) if isinstance(v, list) else v

    def of(name):
        s = steps[name]
        counts = [s["code"], s["image"], s["parameters"], {i: of(m) for i, m in s["inputs"].items()}]
        key = (*counts[:2], *(frozenset((k, frozen(v)) for k, v in part.items()) for part in counts[2:]))
        if key not in known:
            known[key] = hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()
        return known[key]
    return {name: of(name) for name in steps}

# %% exercise="fingerprints" answer="wrong" name="bools_are_integers" expect="In Python 1 == True" of="numbers_are_floats"
# Misconception: True is another way to write 1.
# - return float(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v
# + return int(v) if isinstance(v, bool) else v

# %% exercise="fingerprints" answer="wrong" name="lists_joined" expect="Inside of a list" of="numbers_are_floats"
# Misconception: a list is its elements with commas between them.
# - return float(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v
# + return ["list", ",".join(map(str, v))] if isinstance(v, list) else v

# %% exercise="fingerprints" answer="wrong" name="numbers_to_six_digits" expect="numbers that differ in their last digits" of="reference" breaks="The type of a parameter is a part of it"
# Misconception: numbers are compared as they are printed.
# - known[name] = hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()
# + counts["parameters"] = {k: f"{x:.6g} float" if isinstance(x, float) else x for k, x in counts["parameters"].items()}
# + known[name] = hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()

# %% exercise="fingerprints" answer="wrong" name="none_is_nothing" expect="No parameter, None, texts" of="reference"
# Misconception: a parameter that is None need not be written down.
# - known[name] = hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()
# + counts["parameters"] = {k: x for k, x in counts["parameters"].items() if x is not None}
# + known[name] = hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()

# %% exercise="fingerprints" answer="same" name="computed_again" of="reference"
# Same: computed a second time, a fingerprint is the same; it takes longer.
# - if name not in known:
# + if True:

# %% exercise="fingerprints" answer="same" name="another_word_for_inputs" of="reference"
# Same: any word will do that is not one of the other three.
# - counts["inputs"] = {i: of(maker) for i, maker in step["inputs"].items()}
# + counts["inputsx"] = {i: of(maker) for i, maker in step["inputs"].items()}

# %% exercise="fingerprints" answer="right" name="streamed_with_lengths"
# Feeds the hash piece by piece, each with its length in front; no JSON but for single values.
def fingerprints(steps):
    def of(name):
        step, digest = steps[name], hashlib.sha256()
        def add(*parts):
            for part in parts:
                data = part.encode()
                digest.update(len(data).to_bytes(8, "big") + data)
        add(step["code"], step["image"], str(len(step["parameters"])))
        for key in sorted(step["parameters"]):
            add(key, json.dumps(step["parameters"][key]))
        for key in sorted(step["inputs"]):
            add(key, of(step["inputs"][key]))
        return digest.hexdigest()
    return {name: of(name) for name in steps}

# %% exercise="fingerprints" answer="right" name="in_topological_order"
# No recursion: steps in order of need, with repr of sorted tuples as text.
def fingerprints(steps):
    from graphlib import TopologicalSorter

    known = {}
    for name in TopologicalSorter({n: s["inputs"].values() for n, s in steps.items()}).static_order():
        s = steps[name]
        counts = (s["code"], s["image"], tuple(sorted(s["parameters"].items())), tuple(sorted((i, known[m]) for i, m in s["inputs"].items())))
        known[name] = hashlib.sha256(repr(counts).encode("utf-8")).hexdigest()
    return known

# %% exercise="fingerprints" answer="right" name="upper_case" of="inputs_as_a_set"
# Capital hex digits, and every step hashed anew for each of its readers.
# - counts = [s["code"], s["image"], s["parameters"], sorted(of(m) for m in s["inputs"].values())]
# - return hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()
# + counts = [s["code"], s["image"], s["parameters"], {i: of(m) for i, m in s["inputs"].items()}]
# + return hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).digest().hex().upper()

# %% [markdown]
# ## schedule

# %% exercise="schedule" answer="wrong" name="one_at_a_time" expect="yours has one step per wave"
# Misconception: a topological order is a schedule.
def schedule(needs, cached, wanted):
    from graphlib import TopologicalSorter

    todo, ahead = {}, [n for n in wanted if n not in cached]
    while ahead:
        n = ahead.pop()
        todo[n] = [m for m in needs[n] if m not in cached]
        ahead += todo[n]
    return [[n] for n in TopologicalSorter(todo).static_order()]

# %% exercise="schedule" answer="wrong" name="all_that_is_not_cached" expect="neither report nor export is read"
# Misconception: what is not cached must run.
def schedule(needs, cached, wanted):
    waves, done = [], set(cached)
    while len(done) < len(set(needs) | done):
        waves.append(sorted(n for n in needs if n not in done and set(needs[n]) <= done))
        done |= set(waves[-1])
    return waves

# %% exercise="schedule" answer="wrong" name="all_upstream" expect="Go backwards from what is wanted"
# Misconception: to get a result, everything before it must run.
def schedule(needs, cached, wanted):
    todo, ahead = set(), list(wanted)
    while ahead:
        n = ahead.pop()
        todo.add(n)
        ahead += needs[n]
    waves, done = [], set()
    while todo - done:
        waves.append(sorted(n for n in todo - done if set(needs[n]) <= done))
        done |= set(waves[-1])
    return waves

# %% exercise="schedule" answer="wrong" name="through_the_cache" expect="Go backwards from what is wanted" of="all_upstream"
# Misconception: what is cached is left out, but what stands before it must be fresh too.
# - waves, done = [], set()
# + waves, done = [], set(cached)

# %% exercise="schedule" answer="wrong" name="levels_of_the_whole_graph" expect="what is cached takes no wave"
# Misconception: a step's wave is its depth in the whole graph.
def schedule(needs, cached, wanted):
    def depth(n):
        return 1 + max((depth(m) for m in needs[n]), default=-1)
    todo, ahead = set(), list(wanted)
    while ahead:
        n = ahead.pop()
        if n not in cached:
            todo.add(n)
            ahead += needs[n]
    return [sorted(n for n in todo if depth(n) == d) for d in range(1 + max(map(depth, todo), default=-1))]

# %% exercise="schedule" answer="wrong" name="as_late_as_possible" expect="Does each step run as early as it can"
# Misconception: a step belongs into the last wave in which it is not too late.
def schedule(needs, cached, wanted):
    todo, ahead = set(), list(wanted)
    while ahead:
        n = ahead.pop()
        if n not in cached and n not in todo:
            todo.add(n)
            ahead += needs[n]
    waves = []
    while todo:
        waves.insert(0, sorted(n for n in todo if not any(n in needs[m] for m in todo)))
        todo -= set(waves[0])
    return waves

# %% exercise="schedule" answer="wrong" name="a_plain_order" expect="names without waves" of="through_the_cache"
# Misconception: the waves, one after the other, are one list.
# - todo.add(n)
# - ahead += needs[n]
# + if n not in cached and n not in todo:
# +     todo.add(n)
# +     ahead += needs[n]
#
# - return waves
# + return [n for wave in waves for n in wave]

# %% exercise="schedule" answer="wrong" name="as_found" expect="a wave is not sorted by name" of="a_plain_order"
# Misconception: in a wave all run at once, so its order does not matter.
# - waves.append(sorted(n for n in todo - done if set(needs[n]) <= done))
# + waves.append(sorted((n for n in todo - done if set(needs[n]) <= done), reverse=True))
#
# - return [n for wave in waves for n in wave]
# + return waves

# %% exercise="schedule" answer="wrong" name="depth_in_the_whole_graph" expect="it belongs into the first wave" of="levels_of_the_whole_graph"
# Misconception: what is cached takes no wave, but those after it still wait for their depth.
# - return [sorted(n for n in todo if depth(n) == d) for d in range(1 + max(map(depth, todo), default=-1))]
# + levels = [sorted(n for n in todo if depth(n) == d) for d in range(1 + max(map(depth, todo), default=-1))]
# + return [wave for wave in levels if wave]

# %% exercise="schedule" answer="same" name="looked_at_again" of="reference"
# Same: a step that was seen is looked at again, with the same result; without cycles that ends.
# - if name not in cached and name not in to_run:
# + if name not in cached:

# %% exercise="schedule" answer="right" name="levels_by_recursion"
# A step's wave is one more than the latest of its needs that run.
def schedule(needs, cached, wanted):
    level = {}

    def visit(name):
        if name in cached:
            return -1
        if name not in level:
            level[name] = 1 + max(map(visit, needs[name]), default=-1)
        return level[name]

    for name in wanted:
        visit(name)
    return [sorted(n for n, at in level.items() if at == wave) for wave in range(len(set(level.values())))]

# %% exercise="schedule" answer="right" name="graphlib_in_batches"
# The standard library's sorter hands out what is ready, batch by batch.
def schedule(needs, cached, wanted):
    from graphlib import TopologicalSorter

    graph, ahead = {}, [n for n in wanted if n not in cached]
    while ahead:
        name = ahead.pop()
        graph[name] = [n for n in needs[name] if n not in cached]
        ahead.extend(n for n in graph[name] if n not in graph)
    sorter, waves = TopologicalSorter(graph), []
    sorter.prepare()
    while sorter.is_active():
        waves.append(sorted(sorter.get_ready()))
        sorter.done(*waves[-1])
    return waves

# %% [markdown]
# ## gate

# %% exercise="gate" answer="wrong" name="average_only" expect="The average hides it"
# Misconception: better on average is better.
def gate(errors, tolerance, z=3.0, fewest=20):
    return [] if (errors["candidate"] - errors["champion"]).mean() < 0 else ["all"]

# %% exercise="gate" answer="wrong" name="slices_without_chance" expect="so this can be chance"
# Misconception: a mean is a fact; chance needs no place in the rule.
def gate(errors, tolerance, z=3.0, fewest=20):
    d = errors["candidate"] - errors["champion"]
    by = d.groupby(errors["carrier"]).agg(["mean", "size"])
    return sorted([*by.index[(by["mean"] > tolerance) & (by["size"] >= fewest)], *([] if d.mean() < 0 else ["all"])])

# %% exercise="gate" answer="wrong" name="significant_is_important" expect="Certain is not important"
# Misconception: what is statistically significant matters.
def error_by_day(d, carrier, day):
    rest = d - d.groupby(carrier).transform("mean")
    sums = rest.groupby([carrier, day]).sum()
    days = sums.groupby(level=0).size()
    return (days / (days - 1) * (sums**2).groupby(level=0).sum()) ** 0.5 / d.groupby(carrier).size(), days


def gate(errors, tolerance, z=3.0, fewest=20):
    d = errors["candidate"] - errors["champion"]
    carrier = errors["carrier"]
    by = d.groupby(carrier).agg(["mean"])
    error, days = error_by_day(d, carrier, errors["day"])
    bad = (by["mean"] > z * error) & (days >= fewest)
    return sorted([*by.index[bad], *([] if d.mean() < 0 else ["all"])])

# %% exercise="gate" answer="wrong" name="unpaired" expect="subtract flight by flight"
# Misconception: two means, two spreads; that both models saw the same flights does not matter.
def gate(errors, tolerance, z=3.0, fewest=20):
    by = errors.groupby("carrier")[["champion", "candidate"]].agg(["mean", "var", "size"])
    n = by["champion"]["size"]
    error = np.sqrt((by["champion"]["var"] + by["candidate"]["var"]) / n)
    bad = (by["candidate"]["mean"] - by["champion"]["mean"] - tolerance > z * error) & (n >= fewest)
    return sorted([*by.index[bad], *([] if errors["candidate"].mean() < errors["champion"].mean() else ["all"])])

# %% exercise="gate" answer="wrong" name="nan_left_out" expect="mean() leaves NaN out" of="significant_is_important"
# Misconception: pandas takes care of missing values.
# - bad = (by["mean"] > z * error) & (days >= fewest)
# + bad = (by["mean"] - tolerance > z * error) & (days >= fewest)

# %% exercise="gate" answer="wrong" name="fails_open" expect="nothing shows that the candidate is better"
# Misconception: hold if it is worse (no figures, no objection).
def error_by_day(d, carrier, day):
    rest = d - d.groupby(carrier).transform("mean")
    sums = rest.groupby([carrier, day]).sum()
    days = sums.groupby(level=0).size()
    return (days / (days - 1) * (sums**2).groupby(level=0).sum()) ** 0.5 / d.groupby(carrier).size(), days


def gate(errors, tolerance, z=3.0, fewest=20):
    finite = np.isfinite(errors["candidate"])
    d = (errors["candidate"] - errors["champion"])[finite]
    carrier = errors["carrier"][finite]
    by = d.groupby(carrier).agg(["mean"])
    error, days = error_by_day(d, carrier, errors["day"][finite])
    bad = (by["mean"] - tolerance > z * error) & (days >= fewest)
    return sorted({*errors["carrier"][~finite], *by.index[bad], *(["all"] if d.mean() >= 0 else [])})

# %% exercise="gate" answer="wrong" name="spread_of_one_flight" expect="times as sure"
# Misconception: the standard deviation says how sure a mean is.
def gate(errors, tolerance, z=3.0, fewest=20):
    finite = np.isfinite(errors["candidate"])
    d = (errors["candidate"] - errors["champion"])[finite]
    by = d.groupby(errors["carrier"][finite]).agg(["mean", "std", "size"])
    bad = (by["mean"] - tolerance > z * by["std"]) & (by["size"] >= fewest)
    return sorted({*errors["carrier"][~finite], *by.index[bad], *([] if d.mean() < 0 else ["all"])})

# %% exercise="gate" answer="wrong" name="more_than_fewest" expect="At least `fewest` are enough" of="fails_open"
# Misconception: fewest is the number that is too few.
# - bad = (by["mean"] - tolerance > z * error) & (days >= fewest)
# - return sorted({*errors["carrier"][~finite], *by.index[bad], *(["all"] if d.mean() >= 0 else [])})
# + bad = (by["mean"] - tolerance > z * error) & (days > fewest)
# + return sorted({*errors["carrier"][~finite], *by.index[bad], *([] if d.mean() < 0 else ["all"])})

# %% exercise="gate" answer="wrong" name="gain_beyond_tolerance" expect="Overall any gain will do" of="fails_open"
# Misconception: the tolerance is the least gain, overall too.
# - return sorted({*errors["carrier"][~finite], *by.index[bad], *(["all"] if d.mean() >= 0 else [])})
# + return sorted({*errors["carrier"][~finite], *by.index[bad], *([] if d.mean() < -tolerance else ["all"])})

# %% exercise="gate" answer="wrong" name="carriers_weigh_alike" expect="not over carriers" of="fails_open"
# Misconception: the mean of the carriers' means is the mean.
# - return sorted({*errors["carrier"][~finite], *by.index[bad], *(["all"] if d.mean() >= 0 else [])})
# + return sorted({*errors["carrier"][~finite], *by.index[bad], *([] if by["mean"].mean() < 0 else ["all"])})

# %% exercise="gate" answer="wrong" name="missing_is_nan" expect="isna() does not see infinity" of="fails_open"
# Misconception: what failed is NaN.
# - finite = np.isfinite(errors["candidate"])
# + finite = errors["candidate"].notna()
#
# - return sorted({*errors["carrier"][~finite], *by.index[bad], *(["all"] if d.mean() >= 0 else [])})
# + return sorted({*errors["carrier"][~finite], *by.index[bad], *([] if d.mean() < 0 else ["all"])})

# %% exercise="gate" answer="wrong" name="two_means" expect="compare on the same flights" of="fails_open"
# Misconception: two means can be compared, whatever they are means of.
# - return sorted({*errors["carrier"][~finite], *by.index[bad], *(["all"] if d.mean() >= 0 else [])})
# + return sorted({*errors["carrier"][~finite], *by.index[bad], *([] if errors["candidate"][finite].mean() < errors["champion"].mean() else ["all"])})

# %% exercise="gate" answer="wrong" name="in_place" expect="work on a copy" of="missing_is_nan"
# Misconception: the table is mine.
# - finite = errors["candidate"].notna()
# - d = (errors["candidate"] - errors["champion"])[finite]
# + finite = np.isfinite(errors["candidate"])
# + errors["d"] = errors["candidate"] - errors["champion"]
# + d = errors["d"][finite]

# %% exercise="gate" answer="wrong" name="median" expect="your gate does not see it: the mean does" of="more_than_fewest"
# Misconception: the median is the robust mean; what it leaves out are outliers.
# - by = d.groupby(carrier).agg(["mean"])
# + by = d.groupby(carrier).agg(["median"])
#
# - bad = (by["mean"] - tolerance > z * error) & (days > fewest)
# + bad = (by["median"] - tolerance > z * error) & (days >= fewest)

# %% exercise="gate" answer="wrong" name="figures_of_the_example" expect="does your gate follow the tolerance" of="more_than_fewest"
# Misconception: the figures of the worked example are the rule.
# - bad = (by["mean"] - tolerance > z * error) & (days > fewest)
# + bad = (by["mean"] - 0.5 > 3 * error) & (days >= fewest)

# %% exercise="gate" answer="wrong" name="flights_drawn_alone" expect="counts flights as if each were drawn alone"
# Misconception: 1,200 flights are 1,200 observations.
def gate(errors, tolerance, z=3.0, fewest=20):
    finite = np.isfinite(errors["candidate"])
    d, carrier = (errors["candidate"] - errors["champion"])[finite], errors["carrier"][finite]
    by = d.groupby(carrier).agg(["mean", "sem"])
    days = errors["day"][finite].groupby(carrier).nunique()
    bad = (by["mean"] - tolerance > z * by["sem"]) & (days >= fewest)
    return sorted({*errors["carrier"][~finite], *by.index[bad], *([] if d.mean() < 0 else ["all"])})

# %% exercise="gate" answer="wrong" name="flights_for_days" expect="Days are counted, not flights" of="more_than_fewest"
# Misconception: enough flights are enough, on however few days.
# - d = (errors["candidate"] - errors["champion"])[finite]
# - carrier = errors["carrier"][finite]
# - by = d.groupby(carrier).agg(["mean"])
# + d, carrier = (errors["candidate"] - errors["champion"])[finite], errors["carrier"][finite]
# + by = d.groupby(carrier).agg(["mean", "size"])
#
# - bad = (by["mean"] - tolerance > z * error) & (days > fewest)
# + bad = (by["mean"] - tolerance > z * error) & (by["size"] >= fewest)

# %% exercise="gate" answer="wrong" name="means_of_days" expect="over flights"
# Misconception: the day is the unit, so every day weighs alike.
def gate(errors, tolerance, z=3.0, fewest=20):
    finite = np.isfinite(errors["candidate"])
    d, carrier = (errors["candidate"] - errors["champion"])[finite], errors["carrier"][finite]
    daily = d.groupby([carrier, errors["day"][finite]]).mean().groupby(level=0).agg(["mean", "sem", "size"])
    bad = (daily["mean"] - tolerance > z * daily["sem"]) & (daily["size"] >= fewest)
    return sorted({*errors["carrier"][~finite], *daily.index[bad], *([] if d.mean() < 0 else ["all"])})

# %% exercise="gate" answer="wrong" name="spread_of_the_days_means" expect="it lets a day of 2 flights count as one of 60"
# Misconception: days are the sample, so their means are, and the error is their spread over √D.
def gate(errors, tolerance, z=3.0, fewest=20):
    finite = np.isfinite(errors["candidate"])
    against = set(errors["carrier"][~finite])
    rows = errors[finite].assign(change=lambda t: t["candidate"] - t["champion"])
    for carrier, flights in rows.groupby("carrier"):
        days = flights.groupby("day")["change"].mean()
        error = days.std() / np.sqrt(len(days))
        if len(days) >= fewest and flights["change"].mean() - tolerance > z * error:
            against.add(carrier)
    if not rows["change"].mean() < 0:
        against.add("all")
    return sorted(against)

# %% exercise="gate" answer="wrong" name="no_small_sample" expect="without D / (D − 1) it would be 1.41"
# Misconception: D / (D - 1) is nearly 1 and can be left out.
def gate(errors, tolerance, z=3.0, fewest=20):
    finite = np.isfinite(errors["candidate"])
    d, carrier = (errors["candidate"] - errors["champion"])[finite], errors["carrier"][finite]
    by = d.groupby(carrier)
    sums = (d - by.transform("mean")).groupby([carrier, errors["day"][finite]]).sum()
    days = sums.groupby(level=0).size()
    error = np.sqrt((sums**2).groupby(level=0).sum()) / by.size()
    bad = (by.mean() - tolerance > z * error) & (days >= fewest)
    return sorted({*errors["carrier"][~finite], *by.mean().index[bad], *([] if d.mean() < 0 else ["all"])})

# %% exercise="gate" answer="wrong" name="as_bad_as_allowed" expect="more than the tolerance is" of="reference" breaks="is clearly worse for it"
# Misconception: what reaches the limit is beyond it.
# - clearly = by.mean() - tolerance > z * error
# + clearly = by.mean() - tolerance >= z * error

# %% exercise="gate" answer="wrong" name="six_standard_errors" expect="are clearly worse where z is not given" of="reference"
# Misconception: one cannot be too sure.
# - def gate(errors, tolerance, z=3.0, fewest=20):
# + def gate(errors, tolerance, z=6.0, fewest=20):

# %% exercise="gate" answer="right" name="numpy_loops"
# No groupby: one mask per carrier, and np.bincount for its days.
def gate(errors, tolerance, z=3.0, fewest=20):
    carrier = errors["carrier"].to_numpy(dtype=object)
    d = errors["candidate"].to_numpy(dtype=float) - errors["champion"].to_numpy(dtype=float)
    fine, against = np.isfinite(d), []
    for name in sorted(set(carrier)):
        mine = carrier == name
        x = d[mine & fine]
        _, day = np.unique(errors["day"].to_numpy()[mine & fine], return_inverse=True)
        days = len(set(day.tolist()))
        clear = False
        if days >= fewest:
            sums = np.bincount(day, weights=x - x.mean())
            clear = x.mean() - tolerance > z * np.sqrt(days / (days - 1) * (sums**2).sum()) / len(x)
        if clear or not fine[mine].all():
            against.append(name)
    better = fine.any() and d[fine].sum() < 0
    return sorted(against + ([] if better else ["all"]))

# %% exercise="gate" answer="right" name="plain_python"
# Row by row, with sums per carrier and day.
def gate(errors, tolerance, z=3.0, fewest=20):
    import math

    changes, against = {}, set()
    for carrier, day, champion, candidate in zip(errors["carrier"], errors["day"], errors["champion"], errors["candidate"]):
        if math.isfinite(candidate):
            changes.setdefault(carrier, {}).setdefault(day, []).append(candidate - champion)
        else:
            against.add(carrier)
    for carrier, days in changes.items():
        flights = [c for day in days.values() for c in day]
        mean = math.fsum(flights) / len(flights)
        squares = math.fsum(math.fsum(c - mean for c in day) ** 2 for day in days.values())
        if len(days) >= fewest and mean - tolerance > z * math.sqrt(len(days) / (len(days) - 1) * squares) / len(flights):
            against.add(carrier)
    everything = [c for days in changes.values() for day in days.values() for c in day]
    if not everything or math.fsum(everything) >= 0:
        against.add("all")
    return sorted(against)

# %% exercise="gate" answer="right" name="ratio_of_totals"
# A table of days, with their flights and sums: the mean is a ratio of two totals.
def gate(errors, tolerance, z=3.0, fewest=20):
    table = errors.assign(d=errors["candidate"] - errors["champion"])
    failed = table[~np.isfinite(table["d"])]
    table = table.drop(failed.index)
    worse = []
    for carrier, mine in table.groupby("carrier"):
        daily = mine.groupby("day")["d"].agg(["sum", "size"])
        total, n, days = daily["sum"].sum(), daily["size"].sum(), len(daily)
        if days >= fewest:
            rest = daily["sum"] - total / n * daily["size"]
            if total / n - tolerance > z * float(np.sqrt(days / (days - 1) * (rest**2).sum())) / n:
                worse.append(carrier)
    better = len(table) > 0 and table["candidate"].mean() < table["champion"].mean()
    return sorted(set(failed["carrier"]) | set(worse) | (set() if better else {"all"}))

# %% [markdown]
# ## run_step

# %% exercise="run_step" answer="wrong" name="one_folder" expect="keep what a dead attempt wrote"
# Misconception: a retry starts where nothing is.
def run_step(step, clock, attempts):
    for i in range(attempts):
        try:
            step.run("output")
        except (ConnectionError, TimeoutError):
            if i == attempts - 1:
                raise
            clock.sleep(2**i)
        else:
            step.publish("output")
            return i + 1

# %% exercise="run_step" answer="wrong" name="catch_everything" expect="retries what cannot pass" of="one_folder"
# Misconception: whatever went wrong, trying again does no harm.
# -     step.run("output")
# - except (ConnectionError, TimeoutError):
# +     step.run(f"a{i}")
# + except Exception:
#
# - step.publish("output")
# + step.publish(f"a{i}")

# %% exercise="run_step" answer="wrong" name="any_os_error" expect="FileNotFoundError is an OSError" of="catch_everything"
# Misconception: OSError means that the machine had a bad moment.
# - except Exception:
# + except OSError:

# %% exercise="run_step" answer="wrong" name="retries_are_attempts" expect="The first one counts" of="catch_everything"
# Misconception: three attempts are a first one and three retries.
# - for i in range(attempts):
# + for i in range(attempts + 1):
#
# - except Exception:
# -     if i == attempts - 1:
# + except (ConnectionError, TimeoutError):
# +     if i == attempts:

# %% exercise="run_step" answer="wrong" name="swallowed_at_the_end" expect="Who calls must learn that there is no result"
# Misconception: when all attempts are used up, one is done.
def run_step(step, clock, attempts):
    for i in range(attempts):
        try:
            step.run(f"a{i}")
            step.publish(f"a{i}")
            return i + 1
        except (ConnectionError, TimeoutError):
            if i < attempts - 1:
                clock.sleep(2**i)
    return attempts

# %% exercise="run_step" answer="wrong" name="published_in_finally" expect="yours published 3 folders" of="one_folder"
# Misconception: finally is the place for what must be done in the end.
# - step.run("output")
# + step.run(f"a{i}")
# + return i + 1
#
# - else:
# -     step.publish("output")
# -     return i + 1
# + finally:
# +     step.publish(f"a{i}")

# %% exercise="run_step" answer="wrong" name="waits_after_the_last" expect="After the last one there is nothing to wait for"
# Misconception: every failure is followed by a wait.
def run_step(step, clock, attempts):
    for i in range(attempts):
        try:
            step.run(f"a{i}")
        except (ConnectionError, TimeoutError) as error:
            last = error
            clock.sleep(2**i)
        else:
            step.publish(f"a{i}")
            return i + 1
    raise last

# %% exercise="run_step" answer="wrong" name="waits_by_one_more" expect="Your waits do not double each time" of="catch_everything"
# Misconception: longer each time means a second more each time.
# - except Exception:
# + except (ConnectionError, TimeoutError):
#
# - clock.sleep(2**i)
# + clock.sleep(i + 1)

# %% exercise="run_step" answer="wrong" name="first_error" expect="stands in the last error"
# Misconception: the first error is the cause, the others follow from it.
def run_step(step, clock, attempts):
    first = None
    for i in range(attempts):
        try:
            step.run(f"a{i}")
        except (ConnectionError, TimeoutError) as error:
            first = first or error
            if i < attempts - 1:
                clock.sleep(2**i)
        else:
            step.publish(f"a{i}")
            return i + 1
    raise first

# %% exercise="run_step" answer="wrong" name="publish_is_part_of_it" expect="publish does not belong into the same try" of="swallowed_at_the_end"
# Misconception: publishing is the last line of an attempt.
# -         if i < attempts - 1:
# -             clock.sleep(2**i)
# - return attempts
# +         if i == attempts - 1:
# +             raise
# +         clock.sleep(2**i)

# %% exercise="run_step" answer="same" name="errors_in_another_order" of="reference"
# Same: which of two classes stands first makes no difference.
# - except (ConnectionError, TimeoutError):
# + except (TimeoutError, ConnectionError):

# %% exercise="run_step" answer="right" name="seconds_of_a_class_of_their_own" of="reference"
# As tenacity has them: seconds are a subclass of float.
# - clock.sleep(2 ** (attempt - 1))
# + clock.sleep(type("Seconds", (float,), {})(2 ** (attempt - 1)))

# %% exercise="run_step" answer="right" name="recursive"
# Each failure hands on to a call with one attempt fewer and twice the wait.
def run_step(step, clock, attempts):
    import uuid

    def go(left, wait):
        folder = uuid.uuid4().hex
        try:
            step.run(folder)
        except (ConnectionError, TimeoutError):
            if left == 1:
                raise
        else:
            step.publish(folder)
            return 1
        clock.sleep(wait)
        return 1 + go(left - 1, 2 * wait)

    return go(attempts, 1)

# %% exercise="run_step" answer="right" name="while_loop_with_isinstance"
# A class holds the state of the attempts; the kind of the error decides.
class Attempts:
    def __init__(self, limit):
        self.limit, self.made, self.wait = limit, 0, 1.0

    def once(self, step):
        self.made += 1
        folder = f"try/{self.made:03}"
        try:
            step.run(folder)
        except Exception as error:
            passing = isinstance(error, (ConnectionError, TimeoutError))
            if self.made >= self.limit or not passing:
                raise error
            return None
        return folder


def run_step(step, clock, attempts):
    state = Attempts(attempts)
    while (folder := state.once(step)) is None:
        clock.sleep(state.wait)
        state.wait *= 2
    step.publish(folder)
    return state.made

# %% exercise="run_step" answer="right" name="waits_before_the_next"
# The wait belongs to the attempt that it comes before; Python's own context manager keeps the error.
def run_step(step, clock, attempts):
    from contextlib import suppress

    for made in range(1, attempts):
        if made > 1:
            clock.sleep(2.0 ** (made - 2))
        done = False
        with suppress(ConnectionError, TimeoutError):
            step.run(str(made))
            done = True
        if done:
            step.publish(str(made))
            return made
    if attempts > 1:
        clock.sleep(2.0 ** (attempts - 2))
    step.run(str(attempts))
    step.publish(str(attempts))
    return attempts
