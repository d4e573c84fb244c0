# ---
# jupyter:
#   lab:
#     title: Models on the device
#     question: Does the model have to live in the data centre?
#     minutes: 150
#     seconds: 34
#     objectives:
#       - Turn a trained model into one graph that needs nothing else
#       - Remove work from a graph without changing what it computes
#       - Convert to LiteRT in five precisions, and calibrate integers with data as the model will see them
#       - Choose a model for a device by its budget, and leave differences alone that are noise
#       - Say from measured samples whether the device or the service answers in time
#     prerequisites: [00_start_here]
#     covers:
#       edge.embedded-models: [choose]
#       edge.latency: [answer_from]
#       edge.train-cloud-predict-device: [convert, answer_from]
#       tflite.platforms: [choose]
#       tflite.footprint: [choose]
#       tflite.quantization: [convert]
#       tflite.low-precision: [convert, choose]
#       mobile.freeze: [freeze]
#       mobile.transform: [fold]
# ---

# %% [markdown]
# # 19 · Models on the device
# *Does the model have to live in the data centre?*
#
# You train where there is power, and predict where the data are: on a phone, a camera, a controller. You will
# freeze a model, simplify it, convert it, and measure what each step brings: with handwritten digits, then with the
# delays of flights. Then you decide where to answer.

# %% kind="setup"
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its start-up message is longer than this cell

import warnings

import absl.logging
import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from prodml import begin, check, explorer, hidden_rng, predict, raised, reveal, rng, value

from prodml.lab import plots
from prodml.data import digits
from prodml.anywhere.edge.network import convolved, forward, network, quiet, random_weights
from prodml.errors import ExamineError
from prodml.models.flight_net import device_flights, frozen, model_inputs, to_lite, trained, vocabularies
from prodml.models.graphs import examine_graphs, optimized, read_graph, run_graph, runner
from prodml.models.litert import examine, examine_inputs
from prodml.anywhere.kubeflow.model_server import model_server, question

warnings.filterwarnings("ignore", message="Statistics for quantized inputs")  # notices of the converter
absl.logging.set_verbosity("error")
tf.get_logger().setLevel("ERROR")
tf.keras.config.disable_interactive_logging()  # else each conversion of a Keras model prints 20 lines
begin("19_edge_tflite")

# %% [markdown]
# The data are 5,000 handwritten digits, **sorted by label**: first all the zeros. Pixels are 0 to 255; the network
# wants them divided by 255.

# %% kind="setup"
pixels, labels = digits()  # uint8 [5000, 28, 28], int64 [5000]

# %% kind="explore"
order = np.random.default_rng(0).permutation(5000)
images, truth = pixels[order, :, :, None].astype(np.float32) / 255, labels[order]
train_x, train_y, test_x, test_y = images[:4000], truth[:4000], images[4000:], truth[4000:]

# %% [markdown]
# "In the cloud": two convolutions with batch normalization, two dense layers, dropout. Six epochs, a few seconds.
#
# From here on the network is a list of 14 float32 arrays, in Keras' order:
#
# | place | what | shape |
# |---|---|---|
# | 0 | kernel of the first convolution | 3, 3, 1, 8 |
# | 1–4 | its normalization: γ, β, mean, variance | 8 |
# | 5 | kernel of the second convolution | 3, 3, 8, 16 |
# | 6–9 | its normalization | 16 |
# | 10, 11 | hidden layer: kernel, bias | 576, 64 and 64 |
# | 12, 13 | last layer: kernel, bias | 64, 10 and 10 |

# %% kind="explore"
tf.keras.utils.set_random_seed(0)
model = network()
model.compile(tf.keras.optimizers.Adam(0.002), tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(train_x, train_y, batch_size=64, epochs=6, verbose=0)
weights, optimizer = model.get_weights(), [v.numpy() for v in model.optimizer.variables]

def accuracy(logits):
    return float(np.mean(np.argmax(logits, axis=1) == test_y))

print(f"{sum(w.size for w in weights):,} numbers, accuracy {accuracy(forward(weights, test_x)):.3f}")

# %% [markdown]
# ## 1 · Freeze
# *medium · about 4 lines · 20 minutes*
#
# A model in training is code, a graph and variables that live somewhere else. A device wants one thing. *Freezing*
# reads each variable once and puts its value into the graph, as a constant.

# %% kind="explore"
image_spec = tf.TensorSpec([None, 28, 28, 1], name="image")
modes = {}
for name, training in (("training", True), ("inference", False)):
    traced = tf.function(lambda image, training=training: model(image, training=training)).get_concrete_function(image_spec)
    modes[name] = pd.Series([node.op for node in traced.graph.as_graph_def().node])
pd.DataFrame({
    name: {"nodes": len(ops), "reads of variables": sum(ops == "ReadVariableOp"), "random": sum(ops.str.contains("Random"))}
    for name, ops in modes.items()
})

# %% [markdown]
# The graph for training is twice as large: dropout, batch statistics, updates. `training=False` leaves them out. With
# `True` it cannot be frozen: TensorFlow stumbles over the state of dropout's random numbers (`AssignVariableOp`).
#
# Both graphs **read variables**. They hold no weights at all; section 3 shows what a converter makes of that.
# `convert_variables_to_constants_v2(concrete)` takes a concrete function and returns a frozen one.

# %% [markdown]
# A concrete function is a `tf.function`, traced for one kind of input:
#
# ```python
# double = tf.function(lambda x: 2 * x)
# concrete = double.get_concrete_function(tf.TensorSpec([1, 3], name="x"))
# concrete.graph.as_graph_def().SerializeToString()      # its graph, as bytes
# ```

# %% kind="exercise" name="freeze" exports=["freeze"]
def freeze(weights):
    """The network with these weights as one graph that needs nothing else.

    weights: list of 14 float32 arrays. `network(weights)` is the Keras model that has them.
    Returns bytes: a serialized GraphDef with one placeholder, for float32 images of shape [1, 28, 28, 1] or
        [None, 28, 28, 1], already divided by 255, and one output, the node `Identity` (tf.function names it so). It
        gives the ten logits of the network at inference, and nothing else. Its weights are constants, unchanged.
    """
    ### BEGIN SOLUTION
    frozen_model = network(weights)
    call = tf.function(lambda image: frozen_model(image, training=False))
    concrete = call.get_concrete_function(tf.TensorSpec([1, 28, 28, 1], name="image"))
    return convert_variables_to_constants_v2(concrete).graph.as_graph_def().SerializeToString()
    ### END SOLUTION

# %% kind="check" name="freeze" points=4
with check("freeze"):
    mine = random_weights(rng())
    with quiet():
        frozen_graph = freeze(mine)
    nodes = read_graph(value(frozen_graph, bytes))
    operators = [node.operator for node in nodes]
    reads = sum("Variable" in op or "VarHandle" in op for op in operators)
    assert reads == 0, f"Your graph reads {reads} variables, and a device has none. Their values must become constants: convert_variables_to_constants_v2."
    shapes = [node.shape for node in nodes if node.operator == "Placeholder"]
    assert shapes, "Your graph has no placeholder: it was traced with an image in place of a description, and would give the same answer for ever. Trace with a tf.TensorSpec."
    assert len(shapes) == 1, f"Your graph has {len(shapes)} placeholders; one, for the image, is all that a device can fill."
    assert shapes[0] is not None and shapes[0][0] in (1, -1), f"Your placeholder has the shape {shapes[0]}. A device sees one image at a time: a batch of 1, or None."
    assert shapes[0][1:] == (28, 28, 1), f"Your placeholder has the shape {shapes[0]}; an image is 28 × 28 × 1."
    ends = sorted({"Softmax", "LogSoftmax", "Sigmoid", "ArgMax"} & set(operators))
    assert not ends, f"Your graph has {', '.join(ends)}, the network has not. It returns logits; what is made of them is the caller's business."
    assert "Cast" not in operators, "Your graph turns its input into another type. The network takes float32."
    single = [float(node.constant.ravel()[0]) for node in nodes if node.constant is not None and node.constant.size == 1]
    assert not any(abs(x - 255) < 0.5 or abs(x - 1 / 255) < 1e-5 for x in single), "Your graph divides by 255, and its images are divided already: the network would see nearly black ones."
    random = sum("Random" in op for op in operators)
    assert random == 0, f"Your graph draws random numbers in {random} places. Dropout belongs to training: training=False."

    def holds(found, wanted):
        constants = [node.constant for node in found if node.constant is not None]
        same_size = [c.ravel() for c in constants if c.size == wanted.size]
        return any(np.allclose(c - e, wanted.ravel(), atol=1e-6) for c in same_size for e in (0, 1e-3))  # epsilon may be in it

    kernels = sum(holds(nodes, mine[i]) for i in (0, 5, 10, 12))
    assert kernels == 4, f"Of the four kernels that were passed in, your graph holds {kernels}. A network that is built anew has weights of its own: network(weights)."
    statistics = sum(holds(nodes, mine[i]) for i in (3, 4, 8, 9))
    assert statistics == 4, f"Of the four arrays of stored means and variances your graph holds {statistics}. At inference a batch normalization uses what it has stored, not the batch at hand."

    def off(graph, weights, generator):
        """Largest difference from the network's logits on three images, as a share of the largest logit."""
        x = generator.random((3, 28, 28, 1), dtype=np.float32)
        wanted = forward(weights, x)
        said = run_graph(graph, x)
        return float(np.abs(said - wanted).max() / np.abs(wanted).max()) if said.shape == wanted.shape else np.inf

    apart = off(frozen_graph, mine, rng())
    assert apart < 1e-3, f"Your graph holds all weights. Run on three images, it is off from the network's logits by up to {apart:.1%} of the largest. Weights alone are no network: signs, activations and the epsilon of the normalization (0.001, inside the root) belong to it as well."
    ### BEGIN HIDDEN TESTS
    other = random_weights(hidden_rng())
    with quiet():
        frozen_graph = freeze(other)
    found = read_graph(value(frozen_graph, bytes))
    assert sum(holds(found, w) for w in other) == 14, "With other weights your graph does not hold them: is it made anew for each call?"
    assert off(frozen_graph, other, hidden_rng()) < 1e-3, "With other weights, your graph gives other logits than the network that has them."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="freeze"
# 1. Three steps: a concrete function of `network(weights)`, the frozen one, its graph as bytes. The text shows the first and the last.
# 2. `tf.function(lambda image: net(image, training=False))` is what you trace; describe the image with `tf.TensorSpec([1, 28, 28, 1], name="image")`.
# 3. `convert_variables_to_constants_v2(concrete).graph.as_graph_def().SerializeToString()`.

# %% [markdown]
# ## 2 · Transform
# *medium · about 2 lines · 10 minutes*
#
# A frozen graph can be simplified: every value is known. Batch normalization is the best example. After training
# it is only a factor and a shift per channel,
#
# $$y = \gamma\,\frac{(x * k) - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta,$$
#
# and a convolution can do both by itself, with another kernel and a bias.

# %% [markdown]
# A worked example, one channel: $\gamma = 3$, $\beta = 1$, $\mu = 4$, $\sigma^2 = 2.25$, $\varepsilon = 0$. The
# factor is 3 / 1.5 = 2. The kernel doubles, and the bias is 1 − 4 · 2 = −7.

# %% kind="exercise" name="fold" exports=["fold"]
def fold(kernel, gamma, beta, mean, variance, epsilon):
    """A convolution that does the work of a convolution and the batch normalization after it.

    kernel: float array [height, width, channels in, channels out]; the convolution has no bias.
    gamma, beta, mean, variance: float arrays [channels out]. epsilon: float.
    Returns a tuple (kernel, bias): arrays of shape [height, width, channels in, channels out] and [channels out].
        What was passed in stays as it is.
    """
    ### BEGIN SOLUTION
    factor = gamma / np.sqrt(variance + epsilon)
    return kernel * factor, beta - mean * factor
    ### END SOLUTION

# %% kind="check" name="fold" points=3
with check("fold"):
    def folded(*given):
        kernel, bias = (np.asarray(part) for part in value(fold(*given), tuple))
        return kernel, bias

    one = np.ones((3, 3, 1, 1))
    kernel, bias = folded(one, np.array([3.0]), np.array([1.0]), np.array([4.0]), np.array([2.25]), 0.0)
    assert kernel.shape == (3, 3, 1, 1), f"The kernel keeps its shape, (3, 3, 1, 1); yours has {kernel.shape}."
    assert bias.shape == (1,), f"The bias has one number per channel out: shape (1,), yours {bias.shape}."
    factor = float(kernel[0, 0, 0, 0])
    assert abs(factor - 3 / 2.25) > 1e-6, "Your factor in the worked example is 1.33: 3 / 2.25. The variance is a square; its root, 1.5, is what divides."
    assert abs(factor - 3 / np.sqrt(2.251)) > 1e-6, "Your factor in the worked example is 1.9996: its epsilon is 0, and yours is 0.001. Use the one that is passed in."
    assert abs(factor - 2) < 1e-5, f"In the worked example the factor is 3 / 1.5 = 2, yours {factor:.5g}."
    assert abs(float(bias[0]) + 3) > 1e-6, "Your bias in the worked example is −3 = 1 − 4: the mean was subtracted before the factor, so the factor takes hold of it too."
    assert abs(float(bias[0]) - 1) > 1e-6, "Your bias in the worked example is 1: the mean has gone missing."
    assert abs(float(bias[0]) + 7) < 1e-5, f"In the worked example the bias is 1 − 4 · 2 = −7, yours {float(bias[0]):.3f}."

    def case(generator, channels_in, channels_out, variance, epsilon):
        kernel = generator.normal(size=(3, 3, channels_in, channels_out))
        gamma, beta, mean = generator.normal(size=(3, channels_out))
        return kernel, gamma, beta, mean, np.full(channels_out, variance) * generator.uniform(0.5, 2, channels_out), epsilon

    def off(given, generator):
        """Largest difference of outputs, as a share of the largest output: float32 will do."""
        x = generator.normal(size=(2, 9, 9, given[0].shape[2]))
        wanted = (convolved(x, given[0]) - given[3]) / np.sqrt(given[4] + given[5]) * given[1] + given[2]
        kernel, bias = folded(*given)
        return float(np.abs(convolved(x, kernel) + bias - wanted).max() / np.abs(wanted).max())

    given = case(rng(), 4, 4, 1.0, 1e-3)
    before = [np.array(x) for x in given]
    apart = off(given, rng())
    names = ("kernel", "gamma", "beta", "mean", "variance", "epsilon")
    changed = [name for name, x, was in zip(names, given, before, strict=True) if not np.array_equal(x, was)]
    assert not changed, f"Your function changes what it was given: {', '.join(changed)}. The next call, or the float model, still needs that: make a new array."
    assert apart < 0.01, f"Four channels in and four out: your outputs are off by up to {apart:.0%} of the largest. Is it the channels *out* that are scaled, the last axis of the kernel?"
    apart = off(case(rng(), 4, 6, 1e-4, 1e-3), rng())
    assert apart < 1e-4, f"With a variance of about 0.0001 and an epsilon of 0.001 your outputs are off by up to {apart:.0%} of the largest. Is epsilon inside the root? For a quiet channel it decides."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    for _ in range(3):
        wide = int(h.integers(2, 9))
        assert off(case(h, wide, wide, 0.3, 0.01), h) < 1e-4, "On other layers the folded convolution does not give the same outputs."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="fold"
# 1. Write the formula as (x * k) · factor + rest. What is the factor? What is the rest?
# 2. The factor is γ / √(σ² + ε). A convolution is linear: scaling its kernel scales its output.
# 3. `kernel * factor` scales the last axis, the channels out. The bias is `beta - mean * factor`.

# %% [markdown]
# Grappler, TensorFlow's own optimizer of graphs, folds as well. Your frozen graph, pass by pass:

# %% kind="explore"
import time

def microseconds(call, image, times=300):
    """The median of so many calls."""
    call(image)
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        call(image)
        spent.append(time.perf_counter() - started)
    return 1e6 * float(np.median(spent))

# %% kind="explore"
def one_by_one(call):
    return np.concatenate([call(test_x[i:i + 1]) for i in range(len(test_x))])

graphs, calls = {}, {}
with quiet():  # TensorFlow tells of sessions and passes, in some kernels
    graphs["frozen"] = freeze(weights)
    graphs["folded"] = optimized(graphs["frozen"], "constfold", "dependency")
    graphs["remapped"] = optimized(graphs["folded"], "remap")
    calls = {name: runner(graph) for name, graph in graphs.items()}
    answers = {name: one_by_one(call) for name, call in calls.items()}

# %% kind="explore"
steps = {
    name: {"nodes": len(read_graph(graph)), "bytes": len(graph), "µs": round(microseconds(calls[name], test_x[:1])), "accuracy": accuracy(answers[name])}
    for name, graph in graphs.items()
}
pd.DataFrame.from_dict(steps, orient="index")

# %% [markdown]
# More than half of the nodes are gone, the answers are the same, and the time hardly moves: for so small a network it is
# spent on starting a session, not on its arithmetic. Do not promise speed for fewer nodes; measure.
#
# (`remap` fuses what the machine has kernels for, so on yours another number of nodes may be left.)
#
# Is Grappler's kernel the one that `fold` gives?

# %% kind="explore"
by_hand, bias = fold(*weights[:5], 1e-3)
theirs = [node.constant for node in read_graph(graphs["folded"]) if node.constant is not None]
print("largest difference:", min(float(np.abs(c - by_hand).max()) for c in theirs if c.shape == by_hand.shape))

# %% [markdown]
# ## 3 · Convert
# *hard · two functions, about 19 lines · 40 minutes*
#
# LiteRT (TensorFlow Lite) runs a flat file of operators, without TensorFlow. The converter can also change the
# **precision** of numbers:
#
# | kind | weights | between layers | needs samples |
# |---|---|---|---|
# | `float32` | float32 | float32 | |
# | `dynamic` | int8 where it pays | float32 | |
# | `float16` | float16 | float32 | |
# | `int8` | int8 | int8, input and output too | yes |
# | `int16x8` | int8 | int16, input and output too | yes |

# %% [markdown]
# An integer $q$ stands for the real number $s\,(q - z)$. The converter must choose $s$ and $z$ **before** it sees
# your users' data, so you show it samples, and it notes the largest and smallest value of each layer.

# %% kind="explore"
predict(
    "samples",
    "The float model is right on about 95 % of 1,000 digits. In int8, calibrated with 100 samples of each sort, how many percent are right?",
    {"white noise, 0 to 1": (0, 100), "real digits, 0 to 255": (0, 100)},
)

# %% [markdown]
# The converter's knobs, all of them:
#
# ```python
# c = tf.lite.TFLiteConverter.from_concrete_functions([frozen])       # frozen as in section 1; or .from_keras_model(model)
# c.optimizations = [tf.lite.Optimize.DEFAULT]            # alone: dynamic
# c.target_spec.supported_types = [tf.float16]            # also: float16
# c.representative_dataset = function                     # yields [sample], [sample], …: a list of inputs each time
# c.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]     # integers or an error
# c.inference_input_type = c.inference_output_type = tf.int8
# c.convert()                                             # bytes
# ```
#
# For `int16x8`: `tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8` and `tf.int16`.

# %% kind="exercise" name="convert" exports=["representative_data", "convert"]
def representative_data(pixels, n, rng):
    """n samples as the network will see them, for calibration: drawn from everywhere in the data.

    pixels: uint8 array [m, 28, 28], sorted by label. n: int, at most m. rng: numpy.random.Generator.
    Returns a list of n float32 arrays [1, 28, 28, 1], preprocessed, no image twice.
    """
    ### BEGIN SOLUTION
    chosen = rng.choice(len(pixels), n, replace=False)
    return [pixels[i].reshape(1, 28, 28, 1).astype(np.float32) / 255 for i in chosen]
    ### END SOLUTION


def convert(weights, kind, samples):
    """The network with these weights, for LiteRT, in one of the five kinds of the table.

    weights: list of arrays; `network(weights)` is the Keras model. kind: str.
    samples: list of float32 arrays [1, 28, 28, 1]; used for "int8" and "int16x8".
    Returns bytes. Raises ValueError for any other kind.
    """
    ### BEGIN SOLUTION
    if kind not in ("float32", "dynamic", "float16", "int8", "int16x8"):
        raise ValueError(f"{kind!r} is no kind.")
    small = network(weights)
    call = tf.function(lambda image: small(image, training=False))
    concrete = call.get_concrete_function(tf.TensorSpec([1, 28, 28, 1], name="image"))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(concrete)])
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind in ("int8", "int16x8"):
        sets, integer = tf.lite.OpsSet, tf.int8 if kind == "int8" else tf.int16
        wide = sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.representative_dataset = lambda: ([sample] for sample in samples)
        converter.target_spec.supported_ops = [sets.TFLITE_BUILTINS_INT8 if kind == "int8" else wide]
        converter.inference_input_type = converter.inference_output_type = integer
    return converter.convert()
    ### END SOLUTION

# %% [markdown]
# The check opens your bytes in a process of its own, with LiteRT alone, and looks at what comes out.

# %% kind="check" name="convert" points=5
with check("convert"):
    got = [np.asarray(x) for x in value(representative_data(pixels, 100, rng()), list)]
    assert len(got) == 100, f"100 samples were asked for, yours are {len(got)}."
    assert got[0].shape == (1, 28, 28, 1), f"Each sample is a batch of one image, [1, 28, 28, 1]; your first has {got[0].shape}."
    top = float(np.max(got))
    assert top > 0.1, f"Your brightest pixel is {top:.4f}. The network saw ink as 1.0: is something divided by 255 twice?"
    assert top < 1.5, f"Your brightest pixel is {top:.0f}. The network never saw such numbers: in training, pixels were divided by 255."
    assert got[0].dtype == np.float32, f"The network's input is float32, your samples are {got[0].dtype}."
    tenths = [pixels[i * 500:(i + 1) * 500].reshape(500, -1) for i in range(10)]
    flat = {np.rint(np.asarray(x).ravel() * 255).astype(np.uint8).tobytes() for x in got}
    kinds = sum(any(row.tobytes() in flat for row in part) for part in tenths)
    assert kinds > 0, "None of your samples is an image of the data, divided by 255. Are they turned, shifted, or scaled in another way?"
    assert kinds == 10, f"Your samples show {kinds} of the ten digits. The file is sorted: its first rows are all zeros. Draw from everywhere."
    assert len(flat) >= 99, f"Only {len(flat)} of your 100 samples differ: draw without replacement."

    few = [pixels[i].reshape(1, 28, 28, 1).astype(np.float32) / 255 for i in range(0, 5000, 100)]
    mine, seen = random_weights(rng()), np.concatenate(few[::5])
    exact = forward(mine, seen)

    def run(weights, kind, samples=few):
        with quiet():
            made = convert(weights, kind, samples)
        return examine(value(made, bytes), seen)

    int8 = run(mine, "int8")
    assert int8.input_type == "int8", f"An int8 model takes int8, yours takes {int8.input_type}: a device without floating point cannot even feed it. inference_input_type and inference_output_type."
    assert int8.output_type == "int8", f"An int8 model returns int8, yours returns {int8.output_type}."
    error = float(np.abs(int8.outputs - exact).max() / np.ptp(exact))
    assert error < 0.1, f"Your int8 model is off by {error:.0%} of the range of its outputs. Was it calibrated with the samples that were passed in, each a batch of its own? Does the model have the weights?"
    half = run(mine, "float16")
    assert half.weight_types.count("float16") == 4, f"In a float16 model the four kernels are float16; yours are {', '.join(half.weight_types)}. supported_types only counts with optimizations."
    for kind, given in (("dynamic", []), ("int16x8", few)):
        fault = raised(lambda kind=kind, given=given: convert(mine, kind, given))
        assert fault is None, f"\"{kind}\" with {len(given)} samples: your function ends with {fault}. Which of the knobs does this kind need, and which set of operators?"
    fault = raised(lambda: convert(mine, "int4", few))
    assert fault == "ValueError", f"\"int4\" is no kind of the table: ValueError. Yours raised {fault or 'nothing'}. A default would hide the typing error of a colleague."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    other = random_weights(h)
    exact = forward(other, seen)
    plain = run(other, "float32", [])
    assert set(plain.weight_types) == {"float32"}, "A float32 model's weights are float32: nothing is optimized in it."
    assert float(np.abs(plain.outputs - exact).max() / np.ptp(exact)) < 0.001, "Your float32 model does not compute what the network does, for other weights."
    dynamic = run(other, "dynamic", [])
    assert dynamic.input_type == "float32", "A dynamic model still takes float32."
    assert "int8" in dynamic.weight_types, "A dynamic model's dense weights are int8: yours are not."
    assert float(np.abs(dynamic.outputs - exact).max() / np.ptp(exact)) < 0.1, "Your dynamic model's outputs are far from the network's, for other weights."
    wide = run(other, "int16x8", [2 * x for x in few])
    assert wide.input_type == "int16", "An int16x8 model takes int16."
    assert wide.output_type == "int16", "An int16x8 model returns int16."
    assert "int8" in wide.weight_types, "An int16x8 model's weights are int8."
    assert abs(wide.input_scale * 32767 - 2) < 0.1, "The input's scale does not follow the samples that were passed in."
    assert float(np.abs(wide.outputs - exact).max() / np.ptp(exact)) < 0.1, "Your int16x8 model's outputs are far from the network's, for other weights."
    part = pixels[3::7]
    inside = {row.tobytes() for row in part.reshape(len(part), -1)}
    drawn = [np.rint(np.asarray(x).ravel() * 255).astype(np.uint8).tobytes() for x in value(representative_data(part, 40, h), list)]
    assert len(drawn) == 40 and set(drawn) <= inside, "From another array, your samples are not as many images of it as were asked for."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="convert"
# 1. Samples: `rng.choice(len(pixels), n, replace=False)`, then exactly what was done before training. Conversion: begin with float32, and add knobs kind by kind.
# 2. Every kind but float32 has `optimizations`. float16 adds one line, the integers add three.
# 3. `representative_dataset` is a function that returns an iterator: `lambda: ([sample] for sample in samples)`. Then `supported_ops` with one set, then both inference types.

# %% [markdown]
# The five files on the digits. Each runs in a fresh process, on one thread, image by image: µs is the median of 1,000 calls,
# and memory is that whole process, Python included. (`quiet` hides a line that the converter prints per integer model.)

# %% kind="explore"
KINDS = ("float32", "dynamic", "float16", "int8", "int16x8")

def row(operators, size, quality, run):
    speed = {"µs": round(run.microseconds, 1), "memory (MB)": round(run.memory / 1e6)}
    return {"operators": operators, "bytes": size, **quality(run.outputs), **speed}

def file_rows(runs, quality):
    rows = {kind: row(len(run.operators), run.size, quality, run) for kind, run in runs.items()}
    return pd.DataFrame.from_dict(rows, orient="index")

def share_right(logits):
    return {"accuracy": accuracy(logits)}

# %% kind="explore"
calibration = representative_data(pixels, 100, np.random.default_rng(1))
with quiet():
    files = {kind: convert(weights, kind, calibration) for kind in KINDS}
runs = {kind: examine(file, test_x) for kind, file in files.items()}
measured = file_rows(runs, share_right)
measured

# %% [markdown]
# int8 is about 3.5 times smaller, and its accuracy differs by less than the noise of 1,000 digits. Whether it is **faster**
# depends on the processor, and on what else that is doing: the layers are tiny, and many processors are good at floats. We have
# seen it take longer than float32, and less. What does your table say? LiteRT's own guide (below) speaks of three times the
# speed, on hardware made for it. Measure on the device.
#
# int16x8 has no fast kernels on a PC: ten times as long as float32, and more. And memory is all runtime: the smallest file
# and the largest take the same, 48 to 57 MB of Python, NumPy and LiteRT in the runs that we saw.

# %% [markdown]
# Accuracy hides what changes: one image lost and one won is no difference. Before a release, compare each file with the
# network that it comes from, answer by answer:

# %% kind="explore"
network_says = forward(weights, test_x)

def compared(logits):
    other = np.sum(logits.argmax(axis=1) != network_says.argmax(axis=1))
    return {"other digits": other, "largest difference": np.abs(logits - network_says).max(), "largest logit": logits.max()}

pd.DataFrame({kind: compared(run.outputs) for kind, run in runs.items()}).T.round(3)

# %% kind="explore"
print(f"largest logit of the network: {network_says.max():.1f}, and on the samples {forward(weights, np.concatenate(calibration)).max():.1f}")

# %% [markdown]
# The two files with integers between layers are off by more than 2, and only at the ends: the samples showed no larger logit, and what
# is larger is cut off. Here the first digit stays first, and hardly an answer changes. With the flights below it will not be so.

# %% [markdown]
# And a graph that was **not frozen**? This converter takes it too:

# %% kind="explore"
unfrozen = tf.function(lambda image: model(image, training=False)).get_concrete_function(tf.TensorSpec([1, 28, 28, 1]))
with quiet():
    hollow = tf.lite.TFLiteConverter.from_concrete_functions([unfrozen], model).convert()
print(f"converted without an error or a warning: {len(hollow):,} bytes")
try:
    print(f"accuracy {accuracy(examine(hollow, test_x).outputs):.3f}")
except ExamineError:
    print("LiteRT does not run it.")

# %% [markdown]
# The size gives it away: there are no weights in it. It is as good as guessing, and nothing has complained.

# %% kind="explore"
noise = np.random.default_rng(2)
sorts = {
    "one digit only": calibration[:1],
    "white noise, 0 to 1": [noise.uniform(0, 1, (1, 28, 28, 1)).astype(np.float32) for _ in range(100)],
    "real digits, 0 to 255": [255 * x for x in calibration],
    "real digits, divided twice": [x / 255 for x in calibration],
}

def int8_accuracy(weights, samples=calibration):
    with quiet():
        return accuracy(examine(convert(weights, "int8", samples), test_x).outputs)

calibrated = pd.Series({name: int8_accuracy(weights, samples) for name, samples in sorts.items()}, name="accuracy in int8")
calibrated["real digits"] = accuracy(runs["int8"].outputs)
calibrated

# %% kind="explore"
reveal(
    "samples",
    {name: 100 * calibrated[name] for name in ("white noise, 0 to 1", "real digits, 0 to 255")},
    text="Only the range counts, so noise in the right range is nearly as good as data, and a single digit is enough here. Real data in the wrong range "
    "are ruinous: calibrated to 255, an image whose ink is 1 uses two of 256 steps. The convincing mistake is the forgotten preprocessing.",
)

# %% [markdown]
# ### Channels of unequal size
#
# One scale serves a whole layer's outputs. What if one channel is a thousand times larger than another? Make it so
# without changing the function: ReLU lets positive factors pass, so what the hidden layer gains the last one loses.

# %% kind="explore"
def rescaled(weights, factor):
    into, bias, out = weights[10] * factor, weights[11] * factor, weights[12] / factor[:, None]
    return [*weights[:10], into, bias, out, weights[13]]

def equalized(weights):
    """Every hidden channel gets kernels of the same size on both sides (*cross-layer equalization*)."""
    into, out = np.abs(weights[10]).max(axis=0), np.abs(weights[12]).max(axis=1)
    return rescaled(weights, np.sqrt(out / into))

uneven = rescaled(weights, np.exp(np.random.default_rng(3).normal(0, 2, 64)).astype(np.float32))
variants = {"uneven": uneven, "equalized": equalized(uneven)}
pd.DataFrame({name: {"float": accuracy(forward(w, test_x)), "int8": int8_accuracy(w)} for name, w in variants.items()}).T

# %% [markdown]
# The function is the same, yet int8 loses some 17 points: one step of the scale is larger than all that a small channel has
# to say. Equalized it is back where it was, without data and without training.
#
# Here we made the damage ourselves. Trained networks come to it too, above all where batch normalization was folded into the
# kernels (Nagel and others, below).

# %% [markdown]
# ### Fewer weights
#
# *Pruning* sets small weights to zero and trains on, so that the others take over. Here 90 % of the largest kernel.
# The control is as much training without pruning.

# %% kind="explore"
class Prune(tf.keras.callbacks.Callback):
    """After each batch, the small weights of the hidden kernel are zero again."""
    def on_train_begin(self, logs=None):
        self.kernel = self.model.get_layer("hidden").kernel
        size = np.abs(self.kernel.numpy())
        self.kept = tf.constant((size > np.quantile(size, 0.9)).astype(np.float32))
        self.kernel.assign(self.kernel * self.kept)
    def on_train_batch_end(self, batch, logs=None):
        self.kernel.assign(self.kernel * self.kept)

def trained_on(epochs, *callbacks):
    """Training goes on where it ended, each time."""
    model.set_weights(weights)
    for variable, then in zip(model.optimizer.variables, optimizer, strict=True):
        variable.assign(then)
    model.fit(train_x, train_y, batch_size=64, epochs=epochs, verbose=0, callbacks=callbacks)
    return model.get_weights()

# %% kind="explore"
import gzip

size = np.abs(weights[10])
variants = {
    "as trained": weights,
    "pruned": [*weights[:10], np.where(size > np.quantile(size, 0.9), weights[10], 0), *weights[11:]],
    "pruned, 2 epochs more": trained_on(2, Prune()),
    "2 epochs more": trained_on(2),
}

def shrunk(weights):
    with quiet():
        file = convert(weights, "int8", calibration)
    run = examine(file, test_x)
    sizes = {"bytes": len(file), "bytes after gzip": len(gzip.compress(file))}
    return {**share_right(run.outputs), **sizes, "µs": round(run.microseconds, 1)}

pd.DataFrame.from_dict({name: shrunk(w) for name, w in variants.items()}, orient="index")

# %% [markdown]
# The download shrinks to less than a third. The file does not, and a call takes as long: these kernels multiply by zero
# like by any other number.
#
# Pruned alone, the network loses some three points. After two more epochs it is less than a point below the control, hardly more
# than the noise of 1,000 digits. The control also warns: two more epochs improve nothing by themselves.

# %% [markdown]
# ### The same way with the flights
#
# At the gate there is no picture but a row: carrier, destination and origin, which become *ids* and then vectors
# (embeddings), and seven numbers. Every fifth day of the year is for testing. The errors are in minutes.

# %% kind="explore"
rows = device_flights()
learn, unseen = rows[~rows["test"]].sample(100_000, random_state=0), rows[rows["test"]].sample(2000, random_state=0)
del rows
words = vocabularies(learn)
flight_model = trained(learn, words)
asked = model_inputs(unseen, words)

def rmse(predicted):
    return {"RMSE": round(float(np.sqrt(np.mean((np.ravel(predicted) - unseen["arr_delay"]) ** 2))), 2)}

print(f"{flight_model.count_params():,} numbers:", rmse(flight_model.predict(asked, verbose=0)))
print("the departure delay as prediction:", rmse(unseen["dep_delay"].clip(-60, 240)))

# %% [markdown]
# Freezing and Grappler as before. Then one change by hand: Keras lets a *negative* id count from the end of its table. Ours are
# never negative, so *lean* writes each embedding as a plain look-up.

# %% kind="explore"
flight_samples = model_inputs(learn.sample(300, random_state=1), words)
with quiet():
    whole, lean = frozen(flight_model), frozen(flight_model, lean=True)
    flight_graphs = {name: f.graph.as_graph_def().SerializeToString() for name, f in (("frozen", whole), ("lean", lean))}
    flight_graphs["folded"] = optimized(flight_graphs["lean"], "constfold", "dependency")
    flight_graphs["remapped"] = optimized(flight_graphs["folded"], "remap")
    flight_files = {kind: to_lite(lean, kind, flight_samples) for kind in KINDS}

# %% [markdown]
# Every step of both models. The graphs run in one fresh process with TensorFlow, whose peak of memory is reset before each; the
# files in one fresh process each, with LiteRT.

# %% kind="explore"
ran = examine_graphs({
    **{f"digits {name}": (graph, {"image": test_x}) for name, graph in graphs.items()},
    **{f"flights {name}": (graph, asked) for name, graph in flight_graphs.items()},
})
flight_runs = {kind: examine_inputs(file, asked) for kind, file in flight_files.items()}

# %% kind="explore"
def graph_rows(model, graphs, quality):
    rows = {name: row(len(read_graph(g)), len(g), quality, ran[f"{model} {name}"]) for name, g in graphs.items()}
    return pd.DataFrame.from_dict(rows, orient="index")

pd.concat([graph_rows("digits", graphs, share_right), measured])

# %% kind="explore"
pd.concat([graph_rows("flights", flight_graphs, rmse), file_rows(flight_runs, rmse)])

# %% [markdown]
# Three lessons from the two tables, as measured where this lab was written. µs and MB are other ones on your machine.
#
# - **The leap is the runtime**: from TensorFlow to LiteRT, a float32 digit takes less than a tenth of the time, and its
#   process less than a tenth of the memory. Fewer nodes change little beside that, and so does precision, but for int16x8.
# - **Optimizers find what they know.** Grappler's folding took more than half of the digits' nodes and not one of the flights',
#   where the bytes even grow (each node now names its device). One look at the graph took 31 of 73.
# - **Quantized, the flight model loses 0.02 minutes.** Its file is halved, not quartered: structure weighs as much as weights here.

# %% kind="explore"
predict(
    "early",
    "A colleague calibrates int8 with 300 flights of a good day: all of them left early. RMSE on all test flights, in minutes?",
    {"300 flights as they come": (10, 60), "300 early ones": (10, 60)},
)

# %% kind="explore"
early = model_inputs(learn[learn["dep_delay"] < 0].sample(300, random_state=1), words)
with quiet():
    early_file = to_lite(lean, "int8", early)
early_run = examine_inputs(early_file, asked)
late = unseen["dep_delay"].to_numpy() > 60

# %% kind="explore"
reveal(
    "early",
    {"300 flights as they come": rmse(flight_runs["int8"].outputs)["RMSE"], "300 early ones": rmse(early_run.outputs)["RMSE"]},
    text="The converter noted the largest departure delay it saw, and everything above it is cut off there. On the digits a single image was enough; "
    "here the rare rows are the ones that matter.",
)

# %% [markdown]
# Flights that leave more than an hour late, in the model of the good day:

# %% kind="explore"
print(f"predicted {early_run.outputs[late].mean():.0f} minutes, in truth {unseen['arr_delay'][late].mean():.0f}")
print(f"largest of all predictions: {early_run.outputs.max():.0f} minutes")

# %% [markdown]
# Next year a new carrier flies. Its id is one that the table of vectors does not have.

# %% kind="explore"
stranger = {**asked, "carrier": np.full_like(asked["carrier"], len(words["carrier"]) + 1)}
try:
    examine_inputs(flight_files["int8"], stranger)
except ExamineError:
    print("LiteRT stopped with an error: a look-up outside of the table.")

unknown = {name: asked[name] if name == "numbers" else np.zeros_like(asked[name]) for name in asked}
print("carrier, destination and origin unknown, as id 0:", rmse(examine_inputs(flight_files["int8"], unknown).outputs))

# %% [markdown]
# An id too many, and there is no answer at all. So the vocabulary keeps id 0 for whatever it does not know, and the device never
# asks beyond its table.
#
# No flight in training had id 0; its vector is still as small as it was at first. That is good enough here: with all three
# unknown the RMSE grows from 16.90 to 17.17, for the departure delay says most.

# %% [markdown]
# ## 4 · Choose
# *medium · about 7 lines · 15 minutes*
#
# Which file goes onto which device? A device is a budget:
#
# | device | room for the model | arithmetic | runs |
# |---|---|---|---|
# | phone (Android, iOS) | megabytes | float and int8, often an accelerator | LiteRT, in an app |
# | camera, gateway (embedded Linux) | megabytes | float, slowly | LiteRT |
# | microcontroller | 256 kB flash for all | often integers only | LiteRT for Microcontrollers, no operating system |

# %% [markdown]
# And the **accuracy**? On 1,000 digits, with 94.6% right, one standard error is √(0.946 · 0.054 / 1000), 0.7 points.
# Whoever takes the "best" of five models within a point takes noise, and pays for it in bytes. So: what fits;
# of these, all that are within `margin` of the best; of these, the smallest. (The answers of one model against those of another, as above, are a finer measure.)

# %% kind="setup"
TABLE = pd.DataFrame(
    {
        "bytes": [158_000, 45_200, 82_000, 44_800, 46_200],
        "microseconds": [400.0, 350.0, 400.0, 150.0, 1_900.0],
        "accuracy": [0.947, 0.946, 0.948, 0.941, 0.946],
        "integer_only": [False, False, False, True, True],
    },
    index=["float32", "dynamic", "float16", "int8", "int16x8"],
)

# %% [markdown]
# A worked example on `TABLE`, made up for another device: 100,000 bytes, 500 µs, any arithmetic. dynamic, float16
# and int8 fit; float16 is best of them with .948. With a margin of 0.005 dynamic (.946) counts as equal, int8
# (.941) does not: **dynamic**. With a margin of 0.01 it is **int8**.

# %% kind="explore"
TABLE

# %% kind="exercise" name="choose" exports=["choose"]
def choose(table, budget):
    """The model for a device.

    table: DataFrame, one row per model, named by the index, with the columns bytes, microseconds, accuracy (0 to 1)
        and integer_only (bool: whether it needs no floating point).
    budget: dict with
        "bytes", "microseconds": at most so much, exactly so much included;
        "integer_only": bool, whether the device has only integers;
        "margin": accuracies that lie less than this below the best *that fits* count as equal to it.
    Returns the name of the smallest model (bytes) among the equals, or None if no model fits. The table stays as it is.
    """
    ### BEGIN SOLUTION
    fits = table[(table["bytes"] <= budget["bytes"]) & (table["microseconds"] <= budget["microseconds"])]
    if budget["integer_only"]:
        fits = fits[fits["integer_only"]]
    if fits.empty:
        return None
    equal = fits[fits["accuracy"] > fits["accuracy"].max() - budget["margin"]]
    return equal["bytes"].idxmin()
    ### END SOLUTION

# %% kind="check" name="choose" points=4
with check("choose"):
    def budget(bytes_=100_000, microseconds=500.0, integer_only=False, margin=0.005):
        return {"bytes": bytes_, "microseconds": microseconds, "integer_only": integer_only, "margin": margin}

    given = TABLE.copy()
    got = value(choose(given, budget()), str)
    assert got != "float16", "Your choice is float16 for its .948. On 1,000 images 0.002 is noise: dynamic is equal within the margin, and half as large."
    assert got != "int8", "Your choice is int8, the smallest that fits; its .941 is more than the margin of 0.005 below the best, .948."
    assert got == "dynamic", f"The worked example: dynamic, yours {got!r}."
    assert given.equals(TABLE), "Your function changes the table that it was given: the next device is offered less. Choose from a copy."
    got = value(choose(TABLE, budget(margin=0.01)), str)
    assert got == "int8", f"The same device with a margin of 0.01: int8 (.941) is within it, and smallest. Yours {got!r}. A device that can do floats can do integers too."
    fault = raised(lambda: choose(TABLE, budget(integer_only=True)))
    assert fault is None, f"Integers only, 500 µs: int8 is the only model that fits, and yours ends with {fault}. The margin counts from the best model that fits; one that does not fit cannot shut out others."
    got = value(choose(TABLE, budget(integer_only=True)), str)
    assert got != "dynamic", "dynamic has int8 weights, but computes in floating point: a device with integers only cannot run it."
    assert got == "int8", f"Integers only, 500 µs: int8 is the only model that fits, yours {got!r}. The margin counts from the best model that fits; one that does not fit cannot shut out others."
    got = value(choose(TABLE, budget(bytes_=45_200, margin=0.001)), str)
    assert got == "dynamic", f"45,200 bytes of room, and dynamic has exactly 45,200: it fits. Yours {got!r}."
    got = value(choose(TABLE, budget(microseconds=350.0, margin=0.001)), str)
    assert got == "dynamic", f"350 µs, and dynamic takes exactly 350: it fits. Yours {got!r}."
    got = choose(TABLE, budget(bytes_=10_000))
    assert got is None, f"Nothing has 10,000 bytes or less: None, yours {got!r}. A model that does not fit does not run."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()

    def drawn():
        n = 7
        return pd.DataFrame(
            {"bytes": h.permutation(np.arange(1, n + 1) * 10_000), "microseconds": h.uniform(50, 1000, n), "accuracy": np.round(0.4 + 0.05 * h.random(n), 4), "integer_only": h.random(n) < 0.6},
            index=[f"model {i}" for i in h.permutation(n)],
        )

    def right(table, wanted):
        fits = table[(table["bytes"] <= wanted["bytes"]) & (table["microseconds"] <= wanted["microseconds"]) & (table["integer_only"] | (not wanted["integer_only"]))]
        best = fits[fits["accuracy"] > fits["accuracy"].max() - wanted["margin"]]
        return best["bytes"].idxmin() if len(fits) else None

    near = drawn().assign(accuracy=0.4)
    near.loc[near["bytes"].idxmax(), "accuracy"] = 0.43
    near.loc[near["bytes"].idxmin(), "accuracy"] = 0.423
    assert choose(near, budget(80_000, 1000.0, False, 0.01003)) == near["bytes"].idxmin(), "The margin is a difference of accuracies, not a share of the best one."
    for _ in range(30):
        table = drawn()
        wanted = budget(int(h.integers(1, 8)) * 10_000, float(h.uniform(100, 1000)), bool(h.random() < 0.5), 0.01003)
        assert choose(table, wanted) == right(table, wanted), "On an unseen budget another model is the right one."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="choose"
# 1. Two rounds. First throw out what cannot run. Only then look at accuracy, among the rest.
# 2. A mask of conditions joined by `&`; the integer condition only counts if the device needs it. If nothing is left: `None`.
# 3. A row counts as equal if its accuracy is above `fits["accuracy"].max() - budget["margin"]`. Of these rows, `["bytes"].idxmin()`.

# %% [markdown]
# Your rule on your own measurements:

# %% kind="explore"
def device(room, microseconds, integer_only):
    return {"bytes": room, "microseconds": microseconds, "integer_only": integer_only, "margin": 0.01}

devices = {
    "phone": device(10_000_000, 1000, False),
    "camera, as quick as float32": device(10_000_000, 1.3 * measured.loc["float32", "µs"], False),
    "microcontroller without floats": device(100_000, 1000, True),
    "sensor with 20 kB": device(20_000, 1000, False),
}
mine = measured.rename(columns={"µs": "microseconds"}).assign(integer_only=[kind.startswith("int") for kind in KINDS])
pd.Series({name: choose(mine, wanted) for name, wanted in devices.items()}, name="model")

# %% [markdown]
# int8 for the phone and the microcontroller. Where time is short, the µs of your own table decide: the camera gets int8, too,
# if that takes at most 1.3 times as long as float32, and a larger file if not. And if nothing fits, the *network*
# must become smaller; no conversion does that for you.
#
# The file is not the whole footprint. The runtime comes with it; here, LiteRT in this Python against TensorFlow:

# %% kind="explore"
from pathlib import Path

import ai_edge_litert

def megabytes(package):
    return sum(p.stat().st_size for p in Path(package.__file__).parent.rglob("*") if p.is_file()) / 1e6

print(f"on disk: TensorFlow {megabytes(tf):,.0f} MB, LiteRT {megabytes(ai_edge_litert):.0f} MB, the int8 model {len(files['int8']) / 1e6:.3f} MB")

# %% [markdown]
# ## 5 · Answer from where?
# *medium · about 9 lines · 25 minutes*
#
# The same file behind KServe's `ModelServer`, as in lab 18: a process of its own, asked over HTTP on loopback, each question on
# a connection of its own. So the round trip costs nothing but software. And the same file called on the "device".

# %% kind="explore"
predict(
    "where",
    "One image, the float32 model. How many microseconds from question to answer (median)?",
    {"on the device": (0, 10_000), "from a server on this machine": (0, 10_000)},
)

# %% kind="explore"
def answers_of(ask, times):
    spent = []
    for i in range(times):
        started = time.perf_counter()
        ask(test_x[i:i + 1])
        spent.append(time.perf_counter() - started)
    return 1e3 * np.array(spent)  # ms

with model_server(files["float32"], "digits") as server:
    answers_of(server.infer, 20)  # the first ones are slower
    over_http = answers_of(server.infer, 300)
    same = bool(np.allclose(server.infer(test_x[:1]), runs["float32"].outputs[:1], atol=1e-4))
on_device = runs["float32"].times / 1e3
print("same answer:", same)

# %% kind="explore"
reveal(
    "where",
    {"on the device": 1e3 * np.median(on_device), "from a server on this machine": 1e3 * np.median(over_http)},
    text="Without any distance at all, the question costs many times the answer: HTTP, two context switches, 784 numbers written as text and parsed again. "
    "The distance comes on top, and an answer that never comes.",
)

# %% [markdown]
# Bytes count too. What does one image cost on the wire, and what do 1,000 cameras with one image per second send in a day?
# (Bodies only. Each question's HTTP head comes on top, so small answers travel many at a time.)

# %% kind="explore"
import io

from PIL import Image

def png_bytes(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", optimize=True)
    return len(file.getvalue())

logits = runs["float32"].outputs
chances = np.exp(logits - logits.max(axis=1, keepdims=True))
sure = (chances / chances.sum(axis=1, keepdims=True)).max(axis=1)
png = np.mean([png_bytes(pixels[i]) for i in order[4000:]])
unsure = float(np.mean(sure < 0.9))
sent = {
    "numbers as JSON (V2)": np.mean([len(question(test_x[i:i + 1])) for i in range(100)]),
    "raw pixels": 784,
    "PNG": png,
    f"PNG if unsure ({unsure:.0%}), else label": 2 + unsure * png,
    "label and confidence": 2,
}
pd.DataFrame({"bytes per image": sent, "GB per day": {name: size * 1000 * 86_400 / 1e9 for name, size in sent.items()}}).round(1)

# %% [markdown]
# The fourth line is a common design, a *cascade*: the device answers what it is at least 90 % sure of, and asks for the rest.
# Of what it keeps, how much is right? (The 90 % were set beforehand. Tuned on these images, they would flatter.)

# %% kind="explore"
kept = sure >= 0.9
right = logits.argmax(axis=1) == test_y
print(f"device alone {right.mean():.3f}; of the images it keeps {right[kept].mean():.3f}")
print(f"with a perfect service for the others {(right | ~kept).mean():.3f}")

# %% [markdown]
# Your instrument compares both ways from measured samples. Any service time can meet any round trip: 2 service
# times and 3 round trips are **six** possible answers.
#
# | service + network (ms) | 20 | 30 | lost |
# |---|---|---|---|
# | **5** | 25 | 35 | never |
# | **50** | 70 | 80 | never |
#
# The p-quantile is the smallest time within which at least that share of answers has come. Here the median is 70
# (three of six are earlier or equal to 70), and the 99th percentile: never, infinity.

# %% kind="exercise" name="answer_from" exports=["answer_from"]
def answer_from(device, service, network, deadline):
    """Where to answer, from measured samples in milliseconds.

    device: 1-D array, how long the device takes for an answer.
    service: 1-D array, the service's own time. network: 1-D array, round trips; NaN where the answer never came.
        Lengths may differ; every service time can meet every round trip.
    deadline: float, ms; an answer after exactly that time still counts.
    Returns a dict: "device_p50", "device_p99", "service_p50", "service_p99": float, infinity where there is none;
        "device_in_time", "service_in_time": share of the answers within the deadline;
        "answer": "service" if more of its answers are in time, else "device".
    """
    ### BEGIN SOLUTION
    lost = np.where(np.isnan(network), np.inf, network)
    remote = np.add.outer(service, lost).ravel()
    report = {}
    for name, times in (("device", device), ("service", remote)):
        for p in (50, 99):
            report[f"{name}_p{p}"] = float(np.quantile(times, p / 100, method="inverted_cdf"))
        report[f"{name}_in_time"] = float(np.mean(times <= deadline))
    report["answer"] = "service" if report["service_in_time"] > report["device_in_time"] else "device"
    return report
    ### END SOLUTION

# %% kind="check" name="answer_from" points=4
with check("answer_from"):
    def slow(n, usual, slow_one, share):
        return np.where(np.arange(n) < share * n, slow_one, usual).astype(float)

    local, serving, trips = np.full(50, 60.0), slow(100, 5.0, 105.0, 0.02), slow(200, 20.0, 320.0, 0.02)
    got = value(answer_from(local, serving, trips, 100.0), dict)
    wanted_keys = {"device_p50", "device_p99", "service_p50", "service_p99", "device_in_time", "service_in_time", "answer"}
    assert wanted_keys <= set(got), f"These keys are missing from your dict: {', '.join(sorted(wanted_keys - set(got)))}."
    p50, p99 = value(got["service_p50"], float), value(got["service_p99"], float)
    assert abs(p50 - 5) > 0.1, "Your service_p50 is 5 ms: that is the service's own time. Its answer still has to travel."
    assert abs(p50 - 33) > 0.5, "Your service_p50 is 33 ms: that is the mean. A few slow answers move it; the median is 25 ms."
    assert abs(p50 - 25) < 0.1, f"Service 5 ms and round trip 20 ms are usual: the median is 25 ms, yours {p50:.1f}."
    assert abs(p99 - 425) > 0.1, "Your service_p99 is 425 = 105 + 320. Percentiles do not add up: hardly any request is unlucky twice. Take the percentile of the sums, over all pairs."
    assert abs(p99 - 325) < 5, f"2 % of requests are slow in the service, 2 % in the network: the 99th percentile of the sums is 325 ms, yours {p99:.1f}."
    assert got["answer"] == "device", f"Deadline 100 ms: the device (always 60 ms) is always in time, the service in 96 % of the cases. Yours answers from the {got['answer']}: the better median does not help those who wait."
    got = value(answer_from(local, serving, trips, 40.0), dict)
    assert got["answer"] == "service", f"Deadline 40 ms: the device is never in time, the service in 96 % of the cases. Yours answers from the {got['answer']}. The device's p99 is better, and always too late."

    got = value(answer_from(np.array([40.0]), np.array([5.0, 50.0]), np.array([20.0, 30.0, np.nan]), 75.0), dict)
    share = value(got["service_in_time"], float)
    assert share <= 1, f"Your service_in_time is {share:g}: a share lies between 0 and 1."
    assert share < 0.6, f"The table above, deadline 75 ms: 25, 35 and 70 ms are in time, of six answers: 0.5, yours {share:.2f}. What never comes is late, not missing: count it as infinite."
    assert abs(share - 0.5) < 1e-6, f"The table above, deadline 75 ms: three of six answers are in time, 0.5, yours {share:.2f}. Does every service time meet every round trip?"
    gone = np.array([10.0] * 7 + [np.nan] * 3)
    got = value(answer_from(np.array([50.0, 50, 50, 200]), np.array([1.0, 1.0]), gone, 60.0), dict)
    share = value(got["service_in_time"], float)
    assert share < 0.99, "Three of ten round trips are lost, yet your service is always in time. What never comes is late, not missing: count it as infinite."
    assert abs(share - 0.7) < 1e-6, f"Seven of ten round trips are in time: 0.7, yours {share:.3f}."
    p50, p99 = value(got["device_p50"], float), value(got["service_p99"], float)
    assert abs(p50 - 87.5) > 0.1, "Your device_p50 is 87.5 ms: that is the mean of 50, 50, 50 and 200. The median is 50."
    assert abs(p50 - 50) < 0.1, f"The device's median of 50, 50, 50 and 200 ms is 50, yours {p50:.1f}."
    assert p99 == p99, "Your service_p99 is NaN, not a number: np.quantile interpolates, and between infinities it cannot. method=\"inverted_cdf\" returns one of the times."
    assert p99 == np.inf, f"30 % never come, so within no time have 99 % come: service_p99 is infinite, yours {p99:g}."
    got = value(answer_from(np.array([30.0]), np.array([10.0]), np.array([20.0]), 30.0), dict)
    assert abs(value(got["service_in_time"], float) - 1) < 1e-6, f"10 + 20 ms with a deadline of 30 ms is in time: 1.0, yours {got['service_in_time']}."
    assert got["answer"] == "device", "Both are always in time: then the device answers. It needs no network, and the image stays where it is."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    local, serving = h.gamma(3, 20, 300), h.gamma(2, 5, 120)
    trips = np.where(h.random(170) < 0.003, np.nan, h.gamma(2, 25, 170))
    trips[:2] = np.nan
    got = value(answer_from(local, serving, trips, 70.0), dict)
    sums = (serving[:, None] + np.nan_to_num(trips, nan=np.inf)).ravel()
    assert abs(got["service_p50"] / np.quantile(sums, 0.5, method="inverted_cdf") - 1) < 0.05, "On other samples the service's median is wrong."
    assert got["service_p99"] == np.inf, "On other samples with more than 1 % lost, the service's 99th percentile is not infinite."
    low, high = (np.quantile(local, 0.99, method=way) for way in ("lower", "higher"))
    assert low - 1e-6 <= got["device_p99"] <= high + 1e-6, "On other samples the device's 99th percentile is wrong."
    assert abs(got["service_in_time"] - np.mean(sums <= 70)) < 0.02, "On other samples the share in time is wrong."
    assert abs(got["device_p50"] / np.quantile(local, 0.5) - 1) < 0.03, "On other samples the device's median is wrong."
    assert abs(got["device_in_time"] - np.mean(local <= 70)) < 0.001, "On other samples the device's share in time is wrong."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="answer_from"
# 1. First make one array of all possible answers of the service. Then both ways are treated alike.
# 2. `np.add.outer(service, network).ravel()` holds every pair; before that, put `np.inf` where the network has NaN.
# 3. `np.quantile(times, 0.99, method="inverted_cdf")` returns one of the times and so can be infinite; `np.mean(times <= deadline)` is the share in time.

# %% [markdown]
# Your instrument on what was measured above. Only the network is **simulated**: a lognormal round trip with this median, of which
# some are lost.

# %% kind="explore"
def round_trips(median_ms, lost, g):
    trips = median_ms * g.lognormal(0, 0.5, 400)
    return np.where(g.random(400) < lost, np.nan, trips)

networks = {"loopback, nothing added": np.zeros(1)}
for median_ms, lost in ((20, 0), (60, 0), (60, 0.02)):
    networks[f"+ {median_ms} ms, {lost:.0%} lost"] = round_trips(median_ms, lost, np.random.default_rng(0))
won = {name: answer_from(on_device, over_http, trips, 100.0) for name, trips in networks.items()}
pd.DataFrame.from_dict(won, orient="index").round(3)

# %% [markdown]
# The device needs microseconds, the server beside it milliseconds: that is KServe, JSON and connections, not the model. With
# 60 ms of network the 99th percentile is about three times the median; with 2 % lost there is none.

# %% [markdown]
# Move the network. The service is the measured one; round trips are **simulated**, a lognormal with this median.
# The device is this machine, slowed down until its median is `device_ms`.

# %% kind="explore"
def draw_answers(round_trip_ms, lost_percent, device_ms, deadline_ms):
    g = np.random.default_rng(0)
    trips = round_trips(round_trip_ms, lost_percent / 100, g)
    times = on_device * device_ms / np.median(on_device)
    report = answer_from(times, over_http, trips, float(deadline_ms))
    remote = np.sort(np.add.outer(over_http, np.nan_to_num(trips, nan=np.inf)).ravel())
    title = f"In time: device {report['device_in_time']:.0%}, service {report['service_in_time']:.0%}: answer from the {report['answer']}"
    fig, ax = plots.figure(title, x="milliseconds (logarithmic)", y="share of answers that have come")
    for name, values, colour in (("device", np.sort(times), plots.BLUE), ("service", remote, plots.ORANGE)):
        shown = values[np.isfinite(values)]
        ax.step([shown[0], *shown, 1000], [0, *(np.arange(1, len(shown) + 1) / len(values)), len(shown) / len(values)], where="post", label=name, color=colour)
    ax.axvline(deadline_ms, color=plots.GREY, linestyle="--", label="deadline")
    ax.set_xscale("log")
    ax.legend(loc="lower right")
    plots.show(fig, alt=f"Shares of answers against time, for device and service, with a deadline of {deadline_ms} ms. {title}.")


explorer(draw_answers, round_trip_ms=(1, 300, 60), lost_percent=(0, 20, 2), device_ms=(1, 300, 20), deadline_ms=(5, 500, 100))

# %% [markdown]
# How slow may the device be before the service wins? Which deadline decides for the service? And with 2 % lost, can it ever
# promise a p99?

# %% [markdown]
# ## In production
#
# - **At 1,000 times the scale** the fleet is the problem: ten versions of the model on a hundred kinds of device.
#   Every model carries its version and preprocessing, is rolled out in stages and can be rolled back.
# - **Tools**: LiteRT with delegates for GPU and NPU, LiteRT for Microcontrollers, ONNX Runtime Mobile, ExecuTorch,
#   Core ML. Measure on the device: the order of the kinds may differ from yours here. Where eight bits cost too much, train
#   with quantization in the loop (Jacob and others).
# - **The failure to watch for** is the silent one: a model whose weights were lost in the conversion, or whose
#   calibration saw raw pixels, still returns ten numbers. Compare each file with the model in training on the
#   same inputs, before every release.
# - **Also plan** for what the device hides: you do not see its inputs any more. Send counts, confidence, and a
#   few samples with consent, or drift stays unseen (lab 02).

# %% [markdown]
# ## Primary sources
#
# - Jacob and others, [Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference](https://arxiv.org/abs/1712.05877), 2018: scale and zero point, and why batch normalization is folded first.
# - Google, [LiteRT: post-training quantization](https://ai.google.dev/edge/litert/models/post_training_quantization): the five kinds of this lab, and what each needs.
# - David and others, [TensorFlow Lite Micro](https://arxiv.org/abs/2010.08678), 2021: an interpreter without operating system or dynamic memory.
# - TensorFlow, [Graph optimization with Grappler](https://www.tensorflow.org/guide/graph_optimization): the passes, by name.
# - Krishnamoorthi, [Quantizing deep convolutional networks for efficient inference](https://arxiv.org/abs/1806.08342), 2018: per channel or per layer, and how many samples calibration needs.
# - Nagel and others, [Data-Free Quantization Through Weight Equalization and Bias Correction](https://arxiv.org/abs/1906.04721), 2019: channels of unequal size, where they come from, and the cure.
# - Zhu and Gupta, [To prune, or not to prune](https://arxiv.org/abs/1710.01878), 2017: large and sparse against small and dense.
# - KServe, [Open Inference Protocol](https://github.com/kserve/open-inference-protocol): what went over the wire.
# - Dean and Barroso, [The Tail at Scale](https://doi.org/10.1145/2408776.2408794), 2013: why the 99th percentile decides, and what to do about it.
