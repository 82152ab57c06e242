"""One participant in a process of its own, as worker.ts is for Node: replies to requests, one JSON a line."""

import json
import os
import resource
import sys
import time

import_begin = time.perf_counter()


class Data:
    """The tensors of a data file, by name."""

    def __init__(self, data):
        import numpy

        self._all = numpy.fromfile(data["path"], dtype=numpy.float32)
        self._tensors = {tensor["name"]: tensor for tensor in data["tensors"]}

    def __getitem__(self, name):
        tensor = self._tensors[name]
        size = 1
        for dimension in tensor["shape"]:
            size *= dimension
        return self._all[tensor["offset"] : tensor["offset"] + size].reshape(tensor["shape"])

    def batches(self, name, size):
        """The rows of a tensor in batches, each with memory of its own."""
        rows = self[name]
        return [rows[i : i + size].copy() for i in range(0, len(rows), size)]

    def kernels(self):
        return [self[name] for name in self._tensors if name.startswith("kernel")]


def peak_bytes():
    """Not ru_maxrss where it can be helped: Linux lets a process inherit that from the one that started it."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def run(participant, wanted, each):
    steps_per_call = participant.get("steps_per_call", 1)
    calls = -(-wanted // steps_per_call)
    step, now, times = participant["step"], time.perf_counter, []
    cpu, begin = time.process_time(), now()
    if each:
        for _ in range(calls):
            before = now()
            step()
            times.append(now() - before)
    else:
        for _ in range(calls):
            step()
    seconds = now() - begin
    reply = {"seconds": seconds, "cpuSeconds": time.process_time() - cpu, "steps": calls * steps_per_call}
    return {**reply, "each": times} if each else reply


def serve(prepare):
    """`prepare(setup)` gives a dictionary: version, step, check, and steps_per_call where it is not 1."""
    # Standard output is for replies; what a framework prints goes elsewhere.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def reply(message):
        replies.write(json.dumps(message) + "\n")
        replies.flush()

    try:
        import_seconds = time.perf_counter() - import_begin
        participant = prepare(json.loads(sys.argv[1]))
        reply({"ready": {"version": participant["version"], "importSeconds": import_seconds}})
        for line in sys.stdin:
            request = json.loads(line)
            if "run" in request:
                reply(run(participant, request["run"], request.get("each", False)))
            elif "check" in request:
                reply({"checked": [float(value) for value in participant["check"]()]})
            else:
                reply({"peakBytes": peak_bytes()})
    except Exception as error:
        reply({"failed": f"{type(error).__name__}: {error}"})
