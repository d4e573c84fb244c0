# ---
# jupyter:
#   lab:
#     title: Models on the device
#     question: Does the model have to live in the data centre?
#     minutes: {core: 75, all: 195}
#     core: [quantize, convert, choose]
#     seconds: 48
#     objectives:
#       - Say what an 8-bit number means (scale, zero point, clipping), and ask a file of integers through LiteRT's Interpreter
#       - Convert to LiteRT in five precisions, and calibrate integers with data as the model will see them
#       - Choose a model for a device by its budget, and leave differences alone that are noise
#       - Turn a trained model into one graph that needs nothing else, and remove work from it without changing what it computes
#       - Say from measured samples whether the device or the service answers in time
#     prerequisites: [00_start_here]
#     covers:
#       edge.embedded-models: [choose]
#       edge.latency: [answer_from]
#       edge.train-cloud-predict-device: [convert, answer_from]
#       tflite.platforms: [choose]
#       tflite.footprint: [choose]
#       tflite.quantization: [quantize, convert]
#       tflite.low-precision: [quantize, convert, choose]
#       mobile.freeze: [freeze]
#       mobile.transform: [freeze]
# ---

# %% [markdown]
# # 19 · Models on the device
# *Does the model have to live in the data centre?*
#
# You train where there is power, and predict where the data are: on a phone, a camera, a controller. Sections 1
# to 4 are the core, some 75 minutes.
#
# ```mermaid
# flowchart TB
#   accTitle: From training to an answer on the device
#   accDescr: In the data centre a network is trained, frozen and folded into one graph, and converted, with samples that say how large its numbers get. What travels to the device is one file. There an image becomes integers, LiteRT runs the file, and its integers become real numbers again, the answer. If the device is unsure or too slow, a service answers.
#   subgraph C[Data centre]
#     direction LR
#     T[Train] --> F[Freeze, fold] --> V[Convert]
#     S[Samples] -- ranges --> V
#   end
#   subgraph D[Device]
#     direction LR
#     I[Image] --> Q[Quantize] --> R[LiteRT] --> A[Answer]
#   end
#   C == one file ==> D
#   D -. unsure, or too slow .-> M[Service]
# ```

# %% kind="setup"
# Imports, the 5,000 digits, and what keeps the converter quiet.
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its start-up message is longer than this cell

import warnings

import absl.logging
import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from prodml import begin, check, explorer, hidden_rng, plots, predict, raised, reveal, rng, slow, value

from prodml.anywhere.edge.network import convolved, forward, hidden_layer, last_layer, network, quiet, random_weights
from prodml.anywhere.edge.pretended import PretendedInterpreter
from prodml.anywhere.kubeflow.model_server import model_server, question
from prodml.data import digits
from prodml.errors import ExamineError
from prodml.models.flight_net import device_flights, frozen, model_inputs, to_lite, trained, vocabularies
from prodml.models.graphs import examine_graphs, optimized, read_graph, run_graph, runner
from prodml.models.litert import examine, examine_inputs, lite_operators

warnings.filterwarnings("ignore", message="Statistics for quantized inputs")  # notices of the converter
absl.logging.set_verbosity("error")
tf.get_logger().setLevel("ERROR")
tf.keras.config.disable_interactive_logging()  # else each conversion of a Keras model prints 20 lines
begin("19_edge_tflite")
pixels, labels = digits()  # uint8 [5000, 28, 28], int64 [5000]

# %% [markdown]
# ## 1 · One file, one interpreter
#
# 5,000 handwritten digits, **sorted by label**: first all zeros. Pixels are 0 to 255; the network wants them divided by
# 255. It has two convolutions and two dense layers.

# %% kind="explore"
order = np.random.default_rng(0).permutation(5000)
images, truth = pixels[order, :, :, None].astype(np.float32) / 255, labels[order]
train_x, train_y, test_x, test_y = images[:4000], truth[:4000], images[4000:], truth[4000:]

tf.keras.utils.set_random_seed(0)
model = network()
loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(tf.keras.optimizers.Adam(0.002), loss)
with slow("Six epochs of training", seconds=4):
    model.fit(train_x, train_y, batch_size=64, epochs=6, verbose=0)
weights = model.get_weights()  # 14 float32 arrays; network(weights) is the model that has them

# %% kind="explore"
# Draws digits in rows, with a word under each, and defines `accuracy`.
optimizer = [v.numpy() for v in model.optimizer.variables]

def accuracy(logits):
    return float(np.mean(np.argmax(logits, axis=1) == test_y))

def draw_digits(title, rows, words, alt, cell=34):
    """rows: lists of 28 x 28 arrays from 0 to 1; words: as many lists of text; cell: width of one, in pixels."""
    wide = cell * max(map(len, rows))
    pitch = 34 + wide / 44 * max(word.count("\n") + 1 for said in words for word in said)
    fig, ax = plots.figure(title, figsize=(7, 0.45 + 7 * pitch * len(rows) / wide))
    for r, (row, said) in enumerate(zip(rows, words, strict=True)):
        for c, (image, word) in enumerate(zip(row, said, strict=True)):
            left, top = cell * c + (cell - 28) / 2, pitch * r
            ax.imshow(image, cmap="gray_r", vmin=0, vmax=1, extent=(left, left + 28, top + 28, top))
            ax.text(left + 14, top + 31, word, ha="center", va="top", fontsize=9)
    ax.set(xlim=(0, wide), ylim=(pitch * len(rows), -1), aspect="equal")
    ax.axis("off")
    plots.show(fig, alt=alt)

network_says = forward(weights, test_x)
answers = network_says.argmax(axis=1)
wrong = np.flatnonzero(answers != test_y)[:10]
one_of_each = [np.flatnonzero((test_y == d) & (answers == d))[0] for d in range(10)]
draw_digits(
    f"The network reads {np.sum(answers == test_y)} of 1,000 new digits; below, ten that it misreads",
    [[test_x[i, :, :, 0] for i in chosen] for chosen in (one_of_each, wrong)],
    [[f"{answers[i]}" for i in one_of_each], [f"{answers[i]}, is {test_y[i]}" for i in wrong]],
    alt="Two rows of ten handwritten digits. Above one of each that the network reads rightly; below ten that it misreads, "
    "with its answer and the truth: " + ", ".join(f"{answers[i]} for {test_y[i]}" for i in wrong) + ".",
)

# %% [markdown]
# A device has no TensorFlow. It gets a **file** of operators and weights, and LiteRT (once TensorFlow Lite) runs it:
# fill the input, `invoke`, read the output.

# %% kind="explore"
from ai_edge_litert.interpreter import Interpreter

with quiet():  # both tell of themselves in C++
    file = tf.lite.TFLiteConverter.from_keras_model(model).convert()  # bytes
    interpreter = Interpreter(model_content=file, num_threads=1)
    interpreter.allocate_tensors()

into = interpreter.get_input_details()[0]
out = interpreter.get_output_details()[0]
interpreter.set_tensor(into["index"], test_x[:1])
interpreter.invoke()
logits = interpreter.get_tensor(out["index"])

print(f"{len(file):,} bytes, operators: {', '.join(lite_operators(file))}")
print(f"takes {into['dtype'].__name__} {into['shape']}, says {logits.argmax()}, is {test_y[0]}")

# %% [markdown]
# Names of today: `tf.lite.Interpreter` is deprecated; this package, `ai_edge_litert`, keeps `Interpreter` for what
# exists. New Android code uses `CompiledModel`, which chooses CPU, GPU or NPU by itself (section 10 runs it). From
# PyTorch the way to the same file is `litert_torch.convert(model.eval(), sample_inputs)`. *Freezing* a graph, which
# TensorFlow 1 left to you, is done inside of converters now (section 5).

# %% [markdown]
# ## 2 · What an 8-bit number means
# *medium · three functions, about 6 lines · 15 minutes*
#
# Many devices compute with integers from −128 to 127. The file says what they stand for, array by array:
#
# $$\text{real number} = \text{scale} \cdot (q - \text{zero point})$$
#
# The **scale** is the width of a step, the **zero point** the integer that means 0. What lies beyond the ends is
# **clipped** to −128 or 127.

# %% [markdown]
# A worked example, scale 0.5 and zero point −10. 3.2 is 6.4 steps above zero, 6 is nearest, so $q$ = 6 − 10 = −4,
# which stands for 3.0. And 100 would be 190. There is no such int8: it becomes 127, which stands for 68.5.
#
# Input and output have a scale and a zero point *each*: `get_input_details()[0]["quantization"]` is the pair.

# %% kind="exercise" name="quantize" exports=["quantize", "dequantize", "ask"]
def quantize(real, scale, zero_point):
    """Real numbers as int8.

    real: float array of any shape. scale: float, above 0. zero_point: int, -128 to 127.
    Returns an int8 array of the same shape: for each number the q whose scale * (q - zero_point)
        is nearest (of two that are equally near, either); beyond the ends -128 or 127.
        What was passed in stays as it is.
    """
    ### BEGIN SOLUTION
    return np.clip(np.round(real / scale) + zero_point, -128, 127).astype(np.int8)
    ### END SOLUTION


def dequantize(q, scale, zero_point):
    """The real numbers that int8 numbers stand for.

    q: int8 array of any shape. scale, zero_point: as above.
    Returns a float array of the same shape.
    """
    ### BEGIN SOLUTION
    return scale * (q.astype(np.float32) - zero_point)
    ### END SOLUTION


def ask(interpreter, image):
    """What an int8 file says about one image, in real numbers.

    interpreter: LiteRT's, its tensors allocated; one input and one output, both int8. Of it only
        get_input_details, get_output_details, set_tensor, invoke and get_tensor are called.
    image: float array [28, 28], 0 to 1; the input has the shape [1, 28, 28, 1].
    Returns the ten logits: a float array [10].
    """
    ### BEGIN SOLUTION
    into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(into["index"], quantize(image.reshape(into["shape"]), *into["quantization"]))
    interpreter.invoke()
    return dequantize(interpreter.get_tensor(out["index"])[0], *out["quantization"])
    ### END SOLUTION

# %% kind="check" name="quantize" points=4
with check("quantize", touched="Your quantize changes the array that it was given. The float model may still need it: make a new one."):
    def stored(numbers, scale, zero_point):
        return np.asarray(value(quantize(np.array(numbers), scale, zero_point), np.ndarray))

    def meant(integers, scale, zero_point):
        return np.asarray(value(dequantize(np.array(integers, np.int8), scale, zero_point), np.ndarray))

    got = stored([3.2], 0.5, -10)
    assert got.dtype == np.int8, f"Your quantize returns {got.dtype}; asked was int8, which is what a device has."
    assert got[0] != 6, "In the worked example your 3.2 becomes 6: six steps above zero, and zero is at −10. Add the zero point."
    assert got[0] != 16, "In the worked example your 3.2 becomes 16: the zero point is subtracted on the way back, so it is added here."
    assert got[0] != -8, "In the worked example your 3.2 becomes −8: you multiply by the scale. 3.2 is 3.2 / 0.5 steps."
    assert got[0] == -4, f"The worked example: 3.2 with scale 0.5 and zero point −10 becomes −4, yours {got[0]}."
    got = stored([3.4, -3.4], 0.5, -10)
    assert got.tolist() != [-4, -16], "3.4 is 6.8 steps and −3.4 is −6.8, so 7 and −7 are nearest, q = −3 and −17. Yours are −4 and −16: turning a float into an integer cuts off what follows the point. Round first."
    assert got[0] != -4, "3.4 is 6.8 steps, so 7 is nearest, and q = −3. Yours is −4: rounded down, not to the nearest."
    assert got.tolist() == [-3, -17], f"3.4 and −3.4 in the worked example become −3 and −17, yours {got.tolist()}. Which integer is nearest?"
    got = stored([100.0, -100.0, 1e6], 0.5, -10)
    assert got[0] != -66, "In the worked example your 100 becomes −66: 190 has no room in an int8 and wraps around. Clip before you turn it into int8."
    assert got[0] != 117, "In the worked example your 100 becomes 117: clipped to 127, and then the zero point was added. It is the result that must lie within −128 and 127."
    assert got.tolist() == [127, -128, 127], f"In the worked example 100, −100 and a million lie beyond the ends: 127, −128, 127. Yours {got.tolist()}."
    table = rng().normal(0, 30, (2, 3, 4))
    got = np.asarray(value(quantize(table, 0.7, 5), np.ndarray))
    assert got.shape == (2, 3, 4), f"Your quantize turns an array of shape (2, 3, 4) into {got.shape}."

    got = meant([-4, 127, -128], 0.5, -10)
    assert got.dtype.kind == "f", f"Your dequantize returns {got.dtype}: real numbers are floats."
    assert abs(got[0] + 2) > 1e-4, "Your dequantize makes −2 of the worked example's −4: the zero point is missing. −4 is six steps above −10."
    assert abs(got[1] + 59.5) > 1e-4, "Your dequantize makes −59.5 of 127: int8 minus a small integer stays int8, and 127 − (−10) = 137 wraps around to −119. Turn q into floats first."
    assert np.allclose(got, [3, 68.5, -59], atol=1e-4), f"In the worked example −4, 127 and −128 stand for 3, 68.5 and −59. Yours: {got.tolist()}."
    assert meant([[1, 2]], 0.5, -10).shape == (1, 2), "Your dequantize changes the shape of what it is given."

    def sent(scale, zero_point, generator):
        """An image, and the integers that it must become: no pixel is half-way between two."""
        wanted = generator.integers(zero_point, min(zero_point + round(1 / scale), 127), (28, 28))
        steps = wanted - zero_point + generator.uniform(0.05, 0.4, (28, 28))
        return scale * steps, wanted.reshape(1, 28, 28, 1)

    ten = np.array([100, -45, 3, -128, 127, 60, -60, 0, 12, -12], np.int8)
    image, wanted = sent(1 / 255, -128, rng())
    toy = PretendedInterpreter((1 / 255, -128), (0.25, -60), ten)
    fault = raised(lambda: ask(toy, image))
    assert fault is None, f"Your ask ends with {fault}. What the interpreter has refused: {toy.refused or 'nothing'}."
    assert toy.invoked == 1, f"Your ask runs the model {toy.invoked} times; once per image: invoke, between set_tensor and get_tensor."
    said = np.asarray(value(ask(toy, image), np.ndarray))
    assert toy.fed is not None and not np.array_equal(toy.fed, sent(0.25, -60, rng())[1]), "Nothing like the image has reached the input."
    by_output = np.clip(np.round(image / 0.25) - 60, -128, 127).astype(np.int8)
    assert not np.array_equal(toy.fed[0, :, :, 0], by_output), "The image was quantized with the scale and zero point of the *output*. Each array has its own: get_input_details."
    assert np.array_equal(toy.fed, wanted), f"What reaches the input is not the image: its darkest integer is {toy.fed.min()}, its brightest {toy.fed.max()}; they must be {wanted.min()} and {wanted.max()}. Quantize with the input's own scale and zero point."
    assert said.shape == (10,), f"Your ask returns an array of shape {said.shape}; ten logits have the shape (10,)."
    assert not np.array_equal(said, ten), "Your ask returns the integers as they are. What do they stand for?"
    assert not np.allclose(said, (ten.astype(float) + 128) / 255, atol=1e-4), "Your ask reads the output with the scale and zero point of the *input*. Each array has its own: get_output_details."
    assert np.allclose(said, 0.25 * (ten.astype(float) + 60), atol=1e-4), f"With scale 0.25 and zero point −60 the integer 100 stands for 40; your first logit is {said[0]:g}."
    image, wanted = sent(0.01, -100, rng())
    toy = PretendedInterpreter((0.01, -100), (0.25, -60), ten)
    said = value(ask(toy, image), np.ndarray)
    assert toy.fed is not None and np.array_equal(toy.fed, wanted), "Another file has the scale 0.01 and the zero point −100 at its input, and you feed it as if they were 1/255 and −128. Read them from the file."
    ### BEGIN HIDDEN TESTS
    h = hidden_rng()
    scale, zero_point = float(h.uniform(0.01, 3)), int(h.integers(-100, 100))
    steps = h.integers(-300, 300, (40, 5))
    numbers = scale * (steps + h.uniform(-0.4, 0.4, (40, 5)))
    wanted = np.clip(steps + zero_point, -128, 127)
    assert np.array_equal(stored(numbers, scale, zero_point), wanted), "With another scale and zero point, your integers are not the nearest ones, or not clipped."
    assert np.allclose(meant(wanted, scale, zero_point), scale * (wanted - zero_point), atol=1e-3), "With another scale and zero point, your dequantize does not give what the integers stand for."
    fed_by, read_by = (float(h.uniform(0.004, 0.02)), int(h.integers(-128, -20))), (float(h.uniform(0.05, 0.5)), int(h.integers(-90, 90)))
    image, wanted = sent(*fed_by, h)
    toy = PretendedInterpreter(fed_by, read_by, ten)
    said = np.asarray(value(ask(toy, image), np.ndarray))
    assert toy.fed is not None and np.array_equal(toy.fed, wanted), "Another file is not fed with the image as its input's scale and zero point say."
    assert np.allclose(said, read_by[0] * (ten.astype(float) - read_by[1]), atol=1e-3), "Another file's output is not read as its scale and zero point say."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="quantize"
# 1. Four steps, in this order: divide by the scale, round, add the zero point, clip. Only then turn it into int8.
# 2. `np.round`, `np.clip(…, -128, 127)`, `.astype(np.int8)`. On the way back: `q.astype(np.float32)` first, or 127 − (−10) has no room.
# 3. `ask`: `into = interpreter.get_input_details()[0]`; `set_tensor(into["index"], quantize(image.reshape(into["shape"]), *into["quantization"]))`; `invoke()`; then the same with the output.

# %% kind="explore"
# Draws what your two functions make of the numbers from −80 to 90, in the worked example.
line = np.linspace(-80, 90, 3401)
back = dequantize(quantize(line, 0.5, -10), 0.5, -10)
fig, ax = plots.figure("Your int8: steps of 0.5, and flat where the integers end", x="real number", y="what its int8 stands for")
ax.plot(line, back, color=plots.BLUE)
for end, word in ((68.5, "clipped at 127"), (-59, "clipped at −128")):
    ax.annotate(word, (end, end), (end - 14 if end > 0 else end + 14, end), ha="right" if end > 0 else "left", va="center", arrowprops={"arrowstyle": "->"})
near = ax.inset_axes((0.62, 0.14, 0.34, 0.4))
inside = np.abs(line - 3) < 1.5
near.plot(line[inside], back[inside], color=plots.BLUE)
near.plot([3.2], [3.0], "o", color=plots.RED)
near.set_title("near 3.2", fontsize=9)
plots.show(fig, alt="A line that rises in steps of 0.5 from −59 to 68.5 and is flat beyond both ends, and an enlarged part with the steps around 3.2.")

# %% [markdown]
# Now a real layer: the hidden one says 64 numbers per image. 100 samples show how large they get, and a **grid** of
# integers is laid over that range. This is *calibration*.

# %% kind="explore"
seen = hidden_layer(weights, train_x[:100])  # what the samples showed: 100 × 64, none below 0
met = hidden_layer(weights, test_x)          # what the device will meet

def right_with(scale, zero_point):
    """Share of the digits read rightly if this layer passes through your int8."""
    stored = quantize(met, scale, zero_point)
    return accuracy(last_layer(weights, dequantize(stored, scale, zero_point)))

all_256 = right_with(seen.max() / 255, -128)  # 0 is stored as −128, the largest as 127

# %% kind="explore"
predict("values",
    "256 values for each of the layer's numbers cost next to nothing. With only a few, evenly spaced from 0 to the largest seen, how many percent of the digits are still right?",
    {"8 values (3 bits)": (0, 100, 0.5), "2 values (1 bit)": (0, 100, 0.5)},
)

# %% kind="explore"
in_few = {n: right_with(seen.max() / (n - 1), 128 - n) for n in (8, 4, 2)}

# %% kind="explore"
reveal("values",
    {"8 values (3 bits)": 100 * in_few[8], "2 values (1 bit)": 100 * in_few[2]},
    unit="%",
    text=f"With 256 values it was {100 * all_256:.1f} %, with four {100 * in_few[4]:.1f} %. Rounding hardly matters while a few steps are left: it "
    "is small, and its errors average out. With two values, a neuron counts only where it says more than half of the largest number ever seen.",
)

# %% [markdown]
# Move the end of the grid. At the far left nearly all is **clipped**, at the far right all is **rounded** away. Which does
# the layer bear better?

# %% kind="explore"
# Draws the layer's numbers under the grid, for any end and any number of bits.
def draw_grid(doublings_of_the_end, bits):
    end, top = seen.max() * 2.0**doublings_of_the_end, 1.25 * seen.max()
    scale = end / (2**bits - 1)
    clipped, right = float(np.mean(met > end + scale / 2)), right_with(scale, 127 - (2**bits - 1))
    title = f"Grid to {end:.3g} in steps of {scale:.2g}: {clipped:.1%} of the numbers clipped, {right:.1%} of the digits right"
    fig, ax = plots.figure(title, x="what the hidden layer says (zeros left out)", y="how often (logarithmic)")
    ax.hist(met[met > 0], bins=80, range=(0, top), color=plots.BLUE)
    lines = scale * np.arange(2**bits)
    lines = lines[lines <= top]
    few = len(lines) < 40
    ax.vlines(lines, 0, 1, transform=ax.get_xaxis_transform(), color=plots.ORANGE, linewidth=1.5 if few else 0.5, zorder=3 if few else 0)
    if end < top:
        ax.axvspan(end, top, color=plots.RED, alpha=0.2)
        ax.text(min(end * 1.02, top * 0.9), 0.93, "clipped", transform=ax.get_xaxis_transform(), color=plots.RED)
    ax.set(xlim=(0, top), yscale="log")
    plots.show(fig, alt=f"Histogram of the hidden layer's numbers with {len(lines)} lines of the grid. {title}.")


explorer(draw_grid, doublings_of_the_end=(-6, 9, 0), bits=(1, 8, 8))

# %% [markdown]
# ## 3 · Convert and calibrate
# *hard · two functions, about 16 lines · 25 minutes*
#
# The converter does this to every layer. It offers five kinds:
#
# | kind | weights | between layers | needs samples |
# |---|---|---|---|
# | `float32` | float32 | float32 | |
# | `dynamic` | int8 where it pays | float32 | |
# | `float16` | float16 | float32 | |
# | `int8` | int8 | int8, input and output too | yes |
# | `int16x8` | int8 | int16, input and output too | yes |
#
# It chooses scales **before** it sees your users' data: you show it samples, and it notes each layer's range.

# %% kind="explore"
predict("samples",
    "In int8, calibrated with 100 samples of each sort, how many percent of the digits are right?",
    {"white noise, 0 to 1": (0, 100, 0.5), "real digits, 0 to 255": (0, 100, 0.5)},
)

# %% [markdown]
# The converter's knobs, all of them:
#
# ```python
# c = tf.lite.TFLiteConverter.from_keras_model(model)
# c.optimizations = [tf.lite.Optimize.DEFAULT]            # alone: dynamic
# c.target_spec.supported_types = [tf.float16]            # also: float16
# c.representative_dataset = function                     # yields [sample], [sample], …
# c.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]   # integers or an error
# c.inference_input_type = c.inference_output_type = tf.int8
# c.convert()                                             # bytes
# ```
#
# For `int16x8`: `tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8` and `tf.int16`.

# %% kind="exercise" name="convert" exports=["representative_data", "convert"]
def representative_data(pixels, n, rng):
    """n samples as the network will see them, for calibration: drawn from everywhere in the data.

    pixels: uint8 array [m, 28, 28], sorted by label. n: int, at most m.
    rng: numpy.random.Generator, the only source of chance.
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
    Returns bytes: a file of LiteRT's own operators. Raises ValueError for any other kind.
    """
    ### BEGIN SOLUTION
    sets, integers = tf.lite.OpsSet, {"int8": tf.int8, "int16x8": tf.int16}
    if kind not in {"float32", "dynamic", "float16", *integers}:
        raise ValueError(f"{kind!r} is no kind.")
    small = network(weights)  # from_keras_model(small) says the same, and takes three times as long
    call = tf.function(lambda image: small(image, training=False))
    concrete = call.get_concrete_function(tf.TensorSpec([1, 28, 28, 1]))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(concrete)])
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind in integers:
        wide = sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.representative_dataset = lambda: ([sample] for sample in samples)
        converter.target_spec.supported_ops = [sets.TFLITE_BUILTINS_INT8 if kind == "int8" else wide]
        converter.inference_input_type = converter.inference_output_type = integers[kind]
    return converter.convert()
    ### END SOLUTION

# %% [markdown]
# The check opens your bytes with LiteRT alone, in a process of its own.

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
    hundred = pixels[::50]
    all_of_them = value(representative_data(hundred, 100, rng()), list)
    twice = {np.asarray(x).tobytes() for x in all_of_them}
    assert len(twice) == 100, f"Of an array of 100 images, 100 samples are all of them; yours show {len(twice)} different ones. Draw without replacement."
    again = value(representative_data(hundred, 100, rng()), list)
    assert all(np.array_equal(x, y) for x, y in zip(all_of_them, again, strict=True)), "Two calls with equal generators give different samples: chance comes from `rng` alone, or nobody can repeat a conversion."
    apart = value(representative_data(hundred, 100, np.random.default_rng(7)), list)
    assert not all(np.array_equal(x, y) for x, y in zip(all_of_them, apart, strict=True)), "Another generator gives the same samples: the one that is passed in is not asked."

    few = [pixels[i].reshape(1, 28, 28, 1).astype(np.float32) / 255 for i in range(0, 5000, 100)]
    mine, shown = random_weights(rng()), np.concatenate(few[::5])
    exact = forward(mine, shown)

    def run(weights, kind, samples=few):
        with quiet():
            made = value(convert(weights, kind, samples), bytes)
        flex = sum(name.startswith("Flex") for name in lite_operators(made))
        assert flex == 0, f"Your {kind} file has {flex} Flex operators: TensorFlow's own, which neither this LiteRT nor the current Android runtime has. Leave SELECT_TF_OPS out."
        return examine(made, shown)

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
    exact = forward(other, shown)
    plain = run(other, "float32", [])
    assert set(plain.weight_types) == {"float32"}, "A float32 model's weights are float32: nothing is optimized in it."
    assert float(np.abs(plain.outputs - exact).max() / np.ptp(exact)) < 0.001, "Your float32 model does not compute what the network does, for other weights."
    dynamic = run(other, "dynamic", [])
    assert dynamic.input_type == "float32", "A dynamic model still takes float32."
    calibrated = run(other, "dynamic", few)
    assert calibrated.weight_types == dynamic.weight_types, "A dynamic model is not calibrated: with samples or without, its file is the same. They are for the kinds that compute in integers."
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
# The five files on 1,000 digits, each in a fresh process, on one thread, image by image.

# %% kind="explore"
KINDS = ("float32", "dynamic", "float16", "int8", "int16x8")
calibration = representative_data(pixels, 100, np.random.default_rng(1))
with slow("Five conversions and 5,000 calls", seconds=5), quiet():
    files = {kind: convert(weights, kind, calibration) for kind in KINDS}
    runs = {kind: examine(file, test_x) for kind, file in files.items()}

# %% kind="explore"
# Draws bytes, accuracy and time of the five files; then the same as a table.
def row(operators, size, quality, run):
    speed = {"µs": round(run.microseconds, 1), "memory (MB)": round(run.memory / 1e6)}
    return {"operators": operators, "bytes": size, **quality(run.outputs), **speed}

def file_rows(runs, quality):
    rows = {kind: row(len(run.operators), run.size, quality, run) for kind, run in runs.items()}
    return pd.DataFrame.from_dict(rows, orient="index")

def share_right(logits):
    return {"accuracy": accuracy(logits)}

measured = file_rows(runs, share_right)
small, full = measured.loc["int8"], measured.loc["float32"]
points = f"{100 * (small['accuracy'] - full['accuracy']):+.1f}".replace("-", "−")
title = f"int8: {small['bytes'] / full['bytes']:.0%} of float32's bytes, {small['µs'] / full['µs']:.0%} of its time, {points} points"
fig, ax = plots.figure(title, figsize=(7, 2.6))
ax.axis("off")
errors = np.sqrt(measured["accuracy"] * (1 - measured["accuracy"]) / len(test_y))
bars_of = {"kB": measured["bytes"] / 1000, "share right, ± 1 standard error": measured["accuracy"], "µs (logarithmic)": measured["µs"]}
for at, (name, numbers) in enumerate(bars_of.items()):
    panel = ax.inset_axes((0.1 + 0.315 * at, 0, 0.26, 1))
    if at == 1:
        panel.errorbar(numbers, range(len(KINDS)), xerr=errors, fmt="o", capsize=3, color=plots.GREEN)
        panel.set_xlim(numbers.min() - 0.02, numbers.max() + 0.02)
    else:
        bars = panel.barh(range(len(KINDS)), numbers, color=plots.BLUE if at == 0 else plots.ORANGE)
        panel.bar_label(bars, fmt="%.3g", padding=3, fontsize=9)
        panel.margins(x=0.25)
    panel.set_xlabel(name, fontsize=9)
    panel.set_yticks(range(len(KINDS)), KINDS if at == 0 else [])
    panel.grid(False)
    panel.set_ylim(len(KINDS) - 0.4, -0.6)
    if at == 2:
        panel.set(xscale="log", xlim=(numbers.min() / 3, numbers.max() * 5))
words = "; ".join(f"{kind}: {r['bytes']:,.0f} bytes, {r['accuracy']:.3f}, {r['µs']:.3g} µs" for kind, r in measured.iterrows())
plots.show(fig, alt=f"Bars of bytes, share right and time of the five files. {words}.")
measured

# %% [markdown]
# One byte for four, and accuracies within the noise of 1,000 digits. Whether int8 is **faster** hangs on the processor;
# int16x8 has no fast kernels on a PC. The memory is all runtime.
#
# The µs are `invoke` alone: **quantizing the input and reading the output are not in them.** What does your `ask` take, on a
# real `Interpreter`?

# %% kind="explore"
import time

def opened(file):
    with quiet():
        interpreter = Interpreter(model_content=file, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter

def microseconds(*calls, times=500):
    """The median time of each call; they take turns, so that a busy moment hits all of them."""
    spent = []
    for _ in range(times):
        for call in calls:
            started = time.perf_counter()
            call()
            spent.append(time.perf_counter() - started)
    return 1e6 * np.median(np.reshape(spent, (times, -1)), axis=0)

device = opened(files["int8"])
by_hand = np.array([ask(device, image[:, :, 0]) for image in test_x])
print("your answers are the examiner's:", np.allclose(by_hand, runs["int8"].outputs, atol=1e-4))

# %% kind="explore"
# Draws what a call of the file takes by itself, and what `ask` takes with it.
plain = opened(files["float32"])
calls = {
    "float32: invoke": plain.invoke,
    "int8: invoke": device.invoke,
    "int8: ask (your NumPy)": lambda: ask(device, test_x[0, :, :, 0]),
}
taken = dict(zip(calls, microseconds(*calls.values()), strict=True))
times = taken["int8: ask (your NumPy)"] / taken["int8: invoke"]
fig, ax = plots.figure(f"ask takes {times:.1f} times as long as its invoke", x="µs per image (median)", figsize=(7, 2.4))
bars = ax.barh(list(taken), list(taken.values()), color=[plots.GREY, plots.BLUE, plots.ORANGE])
ax.bar_label(bars, fmt="%.3g", padding=3)
ax.invert_yaxis()
ax.margins(x=0.12)
plots.show(fig, alt="Bars of the median time per image. " + "; ".join(f"{name}: {us:.3g} µs" for name, us in taken.items()) + ".")

# %% [markdown]
# Now the calibrations of your prediction, and two more.

# %% kind="explore"
noise = np.random.default_rng(2)
sorts = {
    "one digit only": calibration[:1],
    "white noise, 0 to 1": list(noise.random((100, 1, 28, 28, 1), np.float32)),
    "real digits, 0 to 255": [255 * x for x in calibration],
    "real digits, divided twice": [x / 255 for x in calibration],
}

def in_int8(weights, samples=calibration):
    with quiet():
        return examine(convert(weights, "int8", samples), test_x)

calibrated = {"real digits": runs["int8"]}
with slow("Four conversions", seconds=5):
    calibrated |= {name: in_int8(weights, samples) for name, samples in sorts.items()}

# %% kind="explore"
reveal("samples",
    {name: 100 * accuracy(calibrated[name].outputs) for name in ("white noise, 0 to 1", "real digits, 0 to 255")},
    unit="%",
    text="Only the range counts, so noise in the right range is about as good as data, and here even a single digit is enough. Real data in the wrong range "
    "are ruinous. The convincing mistake is the forgotten preprocessing.",
)

# %% kind="explore" folded=true
# Draws one digit as each calibration lets the network see it: through your quantize and dequantize.
example = test_x[one_of_each[3], :, :, 0]

def through(run):
    return dequantize(quantize(example, run.input_scale, -128), run.input_scale, -128)

draw_digits(
    "What the network sees: two grey levels at 0 to 255; no ink if divided twice",
    [[example, *(through(run) for run in calibrated.values())]],
    [["as it is", *(name.replace(", ", ",\n") + f"\n{accuracy(run.outputs):.1%}" for name, run in calibrated.items())]],
    alt="The digit three as it is, and as five calibrations store it. " + " ".join(f"{name}: {accuracy(run.outputs):.1%} right." for name, run in calibrated.items()),
    cell=52,
)

# %% kind="explore"
# Draws the hidden layer's numbers under the int8 grid of three calibrations.
fig, ax = plots.figure("One layer, three grids: one fits, one has no steps, one no upper part", figsize=(7, 3.4))
ax.axis("off")
grids = {"real digits": 1.0, "real digits, 0 to 255": 255.0, "real digits, divided twice": 1 / 255}
panels = [ax.inset_axes((0.35 * i, 0, 0.29, 0.78)) for i in range(3)]
told = []
for panel, (name, factor) in zip(panels, grids.items(), strict=True):
    end = hidden_layer(weights, factor * np.concatenate(calibration)).max()
    scale, top = end / 255, 12.0
    lines = np.arange(0, top, scale)
    panel.hist(met[met > 0], bins=40, range=(0, top), color=plots.BLUE)
    few = len(lines) < 40
    panel.vlines(lines[lines <= end], 0, 1, transform=panel.get_xaxis_transform(), color=plots.ORANGE, linewidth=2 if few else 0.5, zorder=3 if few else 0)
    if end < top:
        panel.axvspan(end, top, color=plots.RED, alpha=0.2)
    clipped = float(np.mean(met[met > 0] > end))
    told.append(f"{name}: the grid ends at {end:.3g}, a step is {scale:.2g}, {clipped:.0%} clipped")
    panel.set_title(name.replace(", ", ",\n") + f"\nstep {scale:.2g}, {clipped:.0%} clipped", fontsize=9, loc="left")
    panel.set(xlim=(0, top), yscale="log", xlabel="hidden layer says")
plots.show(fig, alt="Three histograms of the hidden layer's numbers above 0 under the int8 grids that three calibrations give. " + "; ".join(told) + ".")

# %% [markdown]
# The two ends of your explorer, and in the file it happens to every layer. It says nothing of it: same bytes, same speed,
# no warning.

# %% [markdown]
# And accuracy hides what changes: one digit lost and one won is no difference. So compare a file with its network answer
# by answer, before a release.

# %% kind="explore"
# Draws the int8 file's logits against the network's.
float_logits = network_says.ravel()
ends = [dequantize(np.array([q], np.int8), *device.get_output_details()[0]["quantization"])[0] for q in (-128, 127)]
beyond = int(np.sum((float_logits < ends[0]) | (float_logits > ends[1])))
other = int(np.sum(by_hand.argmax(axis=1) != answers))
fig, ax = plots.figure(f"int8 clips {beyond} of 10,000 logits, and reads {other} of 1,000 digits otherwise", x="the network's logit", y="the int8 file's")
ax.plot(float_logits, by_hand.ravel(), ".", color=plots.BLUE, markersize=2)
for end in ends:
    ax.axhline(end, color=plots.RED, linestyle="--")
ax.text(float_logits.min(), ends[1], "the grid ends here: no sample showed more", color=plots.RED, va="bottom")
plots.show(fig, alt=f"Logits of the int8 file against the network's, along the diagonal, and flat at {ends[0]:.1f} and {ends[1]:.1f}, where the grid ends. {beyond} lie beyond; {other} digits change.")

# %% [markdown]
# ## 4 · Choose
# *easy · about 7 lines · 10 minutes*
#
# A device is a budget, and a set of operators that it knows:
#
# | device | room for the model | arithmetic | runs |
# |---|---|---|---|
# | phone (Android, iOS) | megabytes | float and int8, accelerators | LiteRT, in an app |
# | camera, gateway (embedded Linux) | megabytes | float, slowly | LiteRT |
# | microcontroller | 256 kB flash for all | often integers only | LiteRT for Microcontrollers |
# | any, for **Flex** operators | + TensorFlow's kernels | | not LiteRT's new Android runtime, nor this one |
#
# *Flex* operators are those that the converter could not translate. A colleague sharpens contrast inside of the model:

# %% kind="explore"
@tf.function(input_signature=[tf.TensorSpec([1, 28, 28, 1], tf.float32)])
def sharpened(image):
    return tf.image.adjust_contrast(image, 2.0)


builtin, tensorflow = tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS
converter = tf.lite.TFLiteConverter.from_concrete_functions([sharpened.get_concrete_function()])
converter.target_spec.supported_ops = [builtin, tensorflow]  # as Keras' model.export does
with quiet():
    flexible = converter.convert()  # no error here

print("operators:", ", ".join(lite_operators(flexible)))
try:
    opened(flexible)
except RuntimeError as error:
    print("LiteRT:", str(error).split(".")[0])

# %% [markdown]
# Look into each file before a device does; the check of section 3 looked into yours.
#
# And the **accuracy**? With 95 % of 1,000 digits right, one standard error is √(0.95 · 0.05 / 1000) = 0.7 points. Whoever
# takes the "best" of five files within a point takes noise, and pays in bytes. So: what fits; of these, all within
# `margin` of the best; of these, the smallest.

# %% kind="setup"
# The table of the worked example: five files of another network, on another device.
TABLE = pd.DataFrame(
    {
        "bytes": [158_000, 45_200, 82_000, 44_800, 46_200],
        "microseconds": [400.0, 350.0, 400.0, 150.0, 1_900.0],
        "accuracy": [0.947, 0.946, 0.948, 0.941, 0.946],
        "integer_only": [False, False, False, True, True],
    },
    index=["float32", "dynamic", "float16", "int8", "int16x8"],
)

# %% kind="explore"
TABLE

# %% [markdown]
# A worked example on `TABLE`, which is made up: 100,000 bytes, 500 µs, any arithmetic. dynamic, float16 and int8 fit;
# float16 is best with .948. With a margin of 0.005 dynamic (.946) is equal to it, int8 (.941) is not: **dynamic**. With
# 0.01 it is **int8**.

# %% kind="exercise" name="choose" exports=["choose"]
def choose(table, budget):
    """The model for a device.

    table: DataFrame, one row per model, named by the index, with the columns bytes, microseconds,
        accuracy (0 to 1) and integer_only (bool: whether it needs no floating point).
    budget: dict with
        "bytes", "microseconds": at most so much, exactly so much included;
        "integer_only": bool, whether the device has only integers;
        "margin": accuracies that lie less than this below the best *that fits* count as equal.
    Returns the name of the smallest model (bytes) among the equals, or None if no model fits.
        The table stays as it is.
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
with check("choose", touched="Your function changes the table that it was given: the next device is offered less. Choose from a copy."):
    def budget(bytes_=100_000, microseconds=500.0, integer_only=False, margin=0.005):
        return {"bytes": bytes_, "microseconds": microseconds, "integer_only": integer_only, "margin": margin}

    got = value(choose(TABLE.copy(), budget()), str)
    assert got != "float16", "Your choice is float16 for its .948. On 1,000 images 0.002 is noise: dynamic is equal within the margin, and half as large."
    assert got != "int8", "Your choice is int8, the smallest that fits; its .941 is more than the margin of 0.005 below the best, .948."
    assert got == "dynamic", f"The worked example: dynamic, yours {got!r}."
    got = value(choose(TABLE.copy(), budget(margin=0.01)), str)
    assert got == "int8", f"The same device with a margin of 0.01: int8 (.941) is within it, and smallest. Yours {got!r}. A device that can do floats can do integers too."
    fault = raised(lambda: choose(TABLE.copy(), budget(integer_only=True)))
    assert fault is None, f"Integers only, 500 µs: int8 is the only model that fits, and yours ends with {fault}. The margin counts from the best model that fits; one that does not fit cannot shut out others."
    got = value(choose(TABLE.copy(), budget(integer_only=True)), str)
    assert got != "dynamic", "dynamic has int8 weights, but computes in floating point: a device with integers only cannot run it."
    assert got == "int8", f"Integers only, 500 µs: int8 is the only model that fits, yours {got!r}. The margin counts from the best model that fits; one that does not fit cannot shut out others."
    got = value(choose(TABLE.copy(), budget(bytes_=45_200, margin=0.001)), str)
    assert got == "dynamic", f"45,200 bytes of room, and dynamic has exactly 45,200: it fits. Yours {got!r}."
    got = value(choose(TABLE.copy(), budget(microseconds=350.0, margin=0.001)), str)
    assert got == "dynamic", f"350 µs, and dynamic takes exactly 350: it fits. Yours {got!r}."
    got = choose(TABLE.copy(), budget(bytes_=10_000))
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

    edge = drawn().assign(accuracy=0.5)
    edge.loc[edge["bytes"].idxmax(), "accuracy"] = 0.75
    assert choose(edge, budget(80_000, 1000.0, False, 0.25)) == edge["bytes"].idxmax(), "A model exactly the margin below the best one does not count as equal: less than the margin does."
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
# Your rule on your own measurements, with a margin of one point:

# %% kind="explore"
def budget_of(room, microseconds, integer_only):
    return {
        "bytes": room,
        "microseconds": microseconds,
        "integer_only": integer_only,
        "margin": 0.01,
    }

devices = {
    "phone": budget_of(10_000_000, 1000, False),
    "camera, as quick as float32": budget_of(10_000_000, 1.3 * full["µs"], False),
    "microcontroller without floats": budget_of(100_000, 1000, True),
    "sensor with 20 kB": budget_of(20_000, 1000, False),
}
whole_numbers = [kind.startswith("int") for kind in KINDS]
mine = measured.rename(columns={"µs": "microseconds"}).assign(integer_only=whole_numbers)
chosen = {name: choose(mine, wanted) for name, wanted in devices.items()}

# %% kind="explore"
# Draws which files fit which device, and which of them your rule takes.
def fits(r, b):
    return r["bytes"] <= b["bytes"] and r["microseconds"] <= b["microseconds"] and (r["integer_only"] or not b["integer_only"])

taken_by = ", ".join(f"{kind or 'nothing'}" for kind in chosen.values())
fig, ax = plots.figure(f"Your choice: {taken_by}", figsize=(7, 2.7))
for y, (name, wanted) in enumerate(devices.items()):
    for x, kind in enumerate(KINDS):
        possible = fits(mine.loc[kind], wanted)
        ax.plot(x, y, "o", markersize=13, color=plots.BLUE if kind == chosen[name] else plots.GREY, fillstyle="full" if kind == chosen[name] else "none")
        ax.annotate("chosen" if kind == chosen[name] else "fits" if possible else "no", (x, y), (9, 0), textcoords="offset points", va="center", fontsize=8)
ax.set_xticks(range(len(KINDS)), KINDS)
ax.set_yticks(range(len(devices)), devices)
ax.set(xlim=(-0.4, 4.9), ylim=(3.5, -0.5))
ax.grid(False)
plots.show(fig, alt="Devices against files. " + "; ".join(f"{name}: {kind or 'no file fits'}" for name, kind in chosen.items()) + ".")

# %% [markdown]
# If nothing fits, the *network* must become smaller: no conversion does that. And the file is not the whole
# **footprint**; its runtime comes along.

# %% kind="explore"
# Draws what lies on disk: the file, its runtime, and what it was trained with.
from pathlib import Path

import ai_edge_litert

def bytes_on_disk(package):
    return sum(p.stat().st_size for p in Path(package.__file__).parent.rglob("*") if p.is_file())

disk = {"TensorFlow": bytes_on_disk(tf), "LiteRT for Python": bytes_on_disk(ai_edge_litert), "float32 file": len(files["float32"]), "int8 file": len(files["int8"])}
fig, ax = plots.figure("The file is small beside its runtime, and that beside TensorFlow", x="bytes on disk (logarithmic)", figsize=(7, 2.5))
bars = ax.barh(list(disk), list(disk.values()), color=[plots.GREY, plots.ORANGE, plots.BLUE, plots.BLUE])
ax.bar_label(bars, [f"{b / 1e6:,.2f} MB" if b < 1e6 else f"{b / 1e6:,.0f} MB" for b in disk.values()], padding=3)
ax.set_xscale("log")
ax.invert_yaxis()
ax.margins(x=0.15)
plots.show(fig, alt="Bars of bytes on disk. " + "; ".join(f"{name}: {b / 1e6:,.2f} MB" for name, b in disk.items()) + ".")

# %% [markdown]
# **You can stop here**, after *In production* at the very end. Folded below, each by itself:
#
# - **5, Freeze and fold** (exercise, 35 min): what a converter does first, by hand; who still freezes.
# - **6, Answer from where?** (exercise, 40 min): the device against a real server, with lost answers.
# - **7, When int8 loses** (10 min): channels of unequal size, cured without data.
# - **8, Fewer weights** (10 min): pruning, with its control.
# - **9, The same way with the flights** (20 min): what a good day as calibration costs.
# - **10, The newer interface** (5 min): `CompiledModel` on your file.

# %% [markdown] deeper=35
# ## 5 · Freeze and fold
# *hard · two functions, about 6 lines · 25 minutes*

# %% [markdown]
# A model in training is code, a graph and variables that live somewhere else. A device wants one thing. *Freezing*
# reads each variable once and puts its value into the graph, as a constant. `from_keras_model` does it for you. What
# happens if it is forgotten?

# %% kind="explore"
image_spec = tf.TensorSpec([1, 28, 28, 1])
traced = tf.function(lambda image: model(image, training=False)).get_concrete_function(image_spec)
with quiet():
    hollow = tf.lite.TFLiteConverter.from_concrete_functions([traced], model).convert()

print(f"converted without an error or a warning: {len(hollow):,} bytes")
try:
    print(f"accuracy {accuracy(examine(hollow, test_x).outputs):.3f}")
except ExamineError:
    print("LiteRT does not run it.")

# %% [markdown]
# The size gives it away: there are no weights in it. A traced graph only *reads* its variables. And traced with
# `training=True` it is twice as large: dropout, batch statistics, updates.

# %% kind="explore"
# Draws what the graph is made of, traced for training and for inference.
modes = {}
for name, training in (("training=True", True), ("training=False", False)):
    graph = tf.function(lambda image, training=training: model(image, training=training)).get_concrete_function(image_spec).graph
    modes[name] = pd.Series([node.op for node in graph.as_graph_def().node])
parts = {"reads of variables": lambda ops: ops == "ReadVariableOp", "random numbers": lambda ops: ops.str.contains("Random"), "other nodes": None}
fig, ax = plots.figure(f"{len(modes['training=False'])} of {len(modes['training=True'])} nodes are left for inference, and still it reads variables", x="nodes of the graph", figsize=(7, 2.2))
for y, ops in enumerate(modes.values()):
    left = 0
    for (part, is_part), colour in zip(parts.items(), (plots.ORANGE, plots.RED, plots.BLUE), strict=True):
        n = int(is_part(ops).sum()) if is_part else len(ops) - left
        ax.barh(y, n, left=left, color=colour, label=part if y == 0 else None)
        left += n
ax.set_yticks([0, 1], list(modes))
ax.legend(loc="upper right", fontsize=9)
counts = {name: f"{len(ops)} nodes, {sum(ops == 'ReadVariableOp')} read variables" for name, ops in modes.items()}
plots.show(fig, alt="; ".join(f"{name}: {words}" for name, words in counts.items()) + ".")

# %% [markdown]
# **Freeze**: `convert_variables_to_constants_v2(concrete)` takes a concrete function and returns a frozen one. A
# concrete function is a `tf.function`, traced for one kind of input:
#
# ```python
# double = tf.function(lambda x: 2 * x)
# concrete = double.get_concrete_function(tf.TensorSpec([1, 3], name="x"))
# concrete.graph.as_graph_def().SerializeToString()      # its graph, as bytes
# ```

# %% [markdown]
# **Fold**: a frozen graph can be simplified, for every value is known. After training, a batch normalization is only a
# factor and a shift per channel, and a convolution can do both by itself, with another kernel and a bias:
#
# $$y = \gamma\,\frac{(x * k) - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta$$
#
# A worked example, one channel: $\gamma = 3$, $\beta = 1$, $\mu = 4$, $\sigma^2 = 2.25$, $\varepsilon = 0$. The factor is
# 3 / 1.5 = 2: the kernel doubles, and the bias is 1 − 4 · 2 = −7.

# %% kind="exercise" name="freeze" exports=["fold", "freeze"]
def fold(kernel, gamma, beta, mean, variance, epsilon):
    """A convolution that does the work of a convolution and the batch normalization after it.

    kernel: float array [height, width, channels in, channels out]; the convolution has no bias.
    gamma, beta, mean, variance: float arrays [channels out]. epsilon: float.
    Returns a tuple (kernel, bias): arrays of shape [height, width, channels in, channels out] and
        [channels out]. What was passed in stays as it is.
    """
    ### BEGIN SOLUTION
    factor = gamma / np.sqrt(variance + epsilon)
    return kernel * factor, beta - mean * factor
    ### END SOLUTION


def freeze(weights):
    """The network with these weights as one graph that needs nothing else.

    weights: list of 14 float32 arrays. `network(weights)` is the Keras model that has them.
    Returns bytes: a serialized GraphDef with one placeholder, for float32 images of shape
        [1, 28, 28, 1] or [None, 28, 28, 1], already divided by 255, and one output, the node
        `Identity` (tf.function names it so). It gives the ten logits of the network at inference,
        and nothing else. Its weights are constants, unchanged.
    """
    ### BEGIN SOLUTION
    frozen_model = network(weights)
    call = tf.function(lambda image: frozen_model(image, training=False))
    concrete = call.get_concrete_function(tf.TensorSpec([1, 28, 28, 1]))
    return convert_variables_to_constants_v2(concrete).graph.as_graph_def().SerializeToString()
    ### END SOLUTION

# %% kind="check" name="freeze" points=5
with check("freeze", touched="Your function changes an array that it was given. The next call, or the float model, still needs that: make a new array."):
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

    def off_folded(given, generator):
        """Largest difference of outputs, as a share of the largest output: float32 will do."""
        x = generator.normal(size=(2, 9, 9, given[0].shape[2]))
        wanted = (convolved(x, given[0]) - given[3]) / np.sqrt(given[4] + given[5]) * given[1] + given[2]
        kernel, bias = folded(*given)
        return float(np.abs(convolved(x, kernel) + bias - wanted).max() / np.abs(wanted).max())

    given = case(rng(), 4, 4, 1.0, 1e-3)
    apart = off_folded(given, rng())
    assert apart < 0.01, f"Four channels in and four out: your outputs are off by up to {apart:.0%} of the largest. Is it the channels *out* that are scaled, the last axis of the kernel?"
    apart = off_folded(case(rng(), 4, 6, 1e-4, 1e-3), rng())
    assert apart < 1e-4, f"With a variance of about 0.0001 and an epsilon of 0.001 your outputs are off by up to {apart:.0%} of the largest. Is epsilon inside the root? For a quiet channel it decides."

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
    read = {name for node in nodes for name in node.inputs}
    outputs = [node.name for node in nodes if node.name not in read and node.operator != "NoOp"]
    assert len(outputs) <= 1, f"Your graph has {len(outputs)} outputs, {', '.join(outputs)}. A device is asked for one, the logits."
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
    h = hidden_rng()
    for _ in range(3):
        wide = int(h.integers(2, 9))
        assert off_folded(case(h, wide, wide, 0.3, 0.01), h) < 1e-4, "On other layers the folded convolution does not give the same outputs."
    other = random_weights(h)
    with quiet():
        frozen_graph = freeze(other)
    found = read_graph(value(frozen_graph, bytes))
    assert sum(holds(found, w) for w in other) == 14, "With other weights your graph does not hold them: is it made anew for each call?"
    assert off(frozen_graph, other, h) < 1e-3, "With other weights, your graph gives other logits than the network that has them."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="freeze"
# 1. `fold`: write the formula as (x * k) · factor + rest. `freeze`: a concrete function of `network(weights)`, the frozen one, its graph as bytes.
# 2. The factor is γ / √(σ² + ε), and `kernel * factor` scales the last axis, the channels out. What you trace is `tf.function(lambda image: net(image, training=False))`, described by `tf.TensorSpec([1, 28, 28, 1])`.
# 3. The bias is `beta - mean * factor`. `convert_variables_to_constants_v2(concrete).graph.as_graph_def().SerializeToString()`.

# %% [markdown]
# Now the two together. TensorFlow's own optimizer of graphs, Grappler, folds as well. Your frozen graph, pass by pass:

# %% kind="explore"
graphs = {}
with slow("Grappler, and 3,000 answers of three graphs", seconds=2), quiet():
    graphs["frozen"] = freeze(weights)
    graphs["folded"] = optimized(graphs["frozen"], "constfold", "dependency")
    graphs["remapped"] = optimized(graphs["folded"], "remap")  # fuses what has kernels here
    sessions = {name: runner(graph) for name, graph in graphs.items()}
    graph_right = {
        name: accuracy(np.concatenate([call(test_x[i : i + 1]) for i in range(len(test_x))]))
        for name, call in sessions.items()
    }

# %% kind="explore"
# Draws nodes and time of the graph, pass by pass.
nodes = {name: len(read_graph(graph)) for name, graph in graphs.items()}
per_call = dict(zip(sessions, microseconds(*(lambda c=c: c(test_x[:1]) for c in sessions.values()), times=200), strict=True))
fig, ax = plots.figure(
    f"{nodes['frozen']} nodes become {nodes['remapped']}, and the time becomes {per_call['remapped'] / per_call['frozen']:.0%}", x="share of the frozen graph", figsize=(7, 2.8)
)
for shift, (what, values, colour) in enumerate((("nodes", nodes, plots.BLUE), ("time", per_call, plots.ORANGE))):
    heights = [values[name] / values["frozen"] for name in graphs]
    bars = ax.barh(np.arange(3) + 0.38 * shift, heights, 0.36, color=colour, label=what)
    ax.bar_label(bars, [f"{values[name]:.0f} {'nodes' if what == 'nodes' else 'µs'}" for name in graphs], padding=3)
ax.set_yticks(np.arange(3) + 0.19, [f"{name}\n{graph_right[name]:.1%} right" for name in graphs])
ax.invert_yaxis()
ax.margins(x=0.15)
plots.show(fig, alt="Nodes and µs per call. " + "; ".join(f"{name}: {nodes[name]} nodes, {per_call[name]:.0f} µs, {graph_right[name]:.1%} right" for name in graphs) + ".")

# %% [markdown]
# More than half of the nodes are gone and the answers are the same. The time falls by far less: for so small a network most
# of it is spent on starting a session. Do not promise speed for fewer nodes; measure. Is Grappler's kernel the one that
# your `fold` gives?

# %% kind="explore"
by_fold, bias = fold(*weights[:5], 1e-3)
constants = [node.constant for node in read_graph(graphs["folded"]) if node.constant is not None]
closest = min(float(np.abs(c - by_fold).max()) for c in constants if c.shape == by_fold.shape)
print(f"largest difference: {closest:.1e}")

# %% [markdown]
# **Who still freezes?** In TensorFlow 2 it has no public function: you have imported a private one, which converters call for
# you. Frozen `.pb` files of TensorFlow 1 live on where they are read (OpenVINO, OpenCV). The idea is everywhere: an
# ONNX file and a `.tflite` file hold the weights as constants, and both folds happen on the way.

# %% [markdown] deeper=40
# ## 6 · Answer from where?
# *medium · about 9 lines · 25 minutes*

# %% [markdown]
# The same file behind KServe's `ModelServer`, as in lab 18: a process of its own, asked over HTTP on loopback, each question on
# a connection of its own. So the round trip costs nothing but software. And the same file called on the "device".

# %% kind="explore"
predict("where",
    "Called here, the float32 file answers in the µs of section 3. How many from question to answer if a server on this machine has it (median)?",
    {"from a server on this machine": (1, 100_000, "log")},
)

# %% kind="explore"
def answers_of(ask_once, times):
    """Milliseconds of each answer."""
    spent = []
    for i in range(times):
        started = time.perf_counter()
        ask_once(test_x[i : i + 1])
        spent.append(time.perf_counter() - started)
    return 1e3 * np.array(spent)

waiting = slow("A model server starts, and answers 320 times", seconds=5)
with waiting, model_server(files["float32"], "digits") as server:
    answers_of(server.infer, 20)  # the first ones are slower
    over_http = answers_of(server.infer, 300)
    served = server.infer(test_x[:1])
on_device = runs["float32"].times / 1e3
print("same answer:", np.allclose(served, runs["float32"].outputs[:1], atol=1e-4))

# %% kind="explore"
reveal("where",
    {"from a server on this machine": 1e3 * np.median(over_http)},
    unit="µs",
    text=f"On the device it is {1e3 * np.median(on_device):.1f} µs. Without any distance at all, the question costs many times the answer: HTTP, two context switches, "
    "784 numbers written as text and parsed again. The distance comes on top, and an answer that never comes.",
)

# %% [markdown]
# Bytes count too. What does one image cost on the wire? Bodies only; each question's HTTP head comes on top. The last design
# but one is a *cascade*: the device answers what it is at least 90 % sure of, and asks for the rest.

# %% kind="explore"
# Draws bytes per image of five ways to ask, and what 1,000 cameras send in a day.
import io

from PIL import Image

def png_bytes(image):
    saved = io.BytesIO()
    Image.fromarray(image).save(saved, "PNG", optimize=True)
    return len(saved.getvalue())

float_says = runs["float32"].outputs
chances = np.exp(float_says - float_says.max(axis=1, keepdims=True))
sure = (chances / chances.sum(axis=1, keepdims=True)).max(axis=1)
png = np.mean([png_bytes(pixels[i]) for i in order[4000:]])
unsure = float(np.mean(sure < 0.9))
sent_bytes = {
    "numbers as JSON (V2)": np.mean([len(question(test_x[i : i + 1])) for i in range(100)]),
    "raw pixels": 784,
    "PNG": png,
    f"PNG if unsure ({unsure:.0%}), else label": 2 + unsure * png,
    "label and confidence": 2,
}
fig, ax = plots.figure("GB per day: 1,000 cameras, one image a second", x="bytes per image (logarithmic)", figsize=(7, 2.8))
bars = ax.barh(list(sent_bytes), list(sent_bytes.values()), color=[plots.GREY] * 3 + [plots.BLUE] * 2)
ax.bar_label(bars, [f"{b:,.0f} B, {b * 86_400 * 1000 / 1e9:,.1f} GB" for b in sent_bytes.values()], padding=3)
ax.set(xscale="log", xlim=(1, 1_000_000))
ax.invert_yaxis()
plots.show(fig, alt="Bytes per image. " + "; ".join(f"{name}: {b:,.0f}" for name, b in sent_bytes.items()) + ".")

# %% kind="explore"
kept = sure >= 0.9
right = float_says.argmax(axis=1) == test_y
print(f"device alone {right.mean():.3f}; of the images it keeps {right[kept].mean():.3f}")
print(f"with a perfect service for the others {(right | ~kept).mean():.3f}")

# %% [markdown]
# (The 90 % were set beforehand. Tuned on these images, they would flatter.)
#
# Your instrument compares both ways from measured samples. Any service time can meet any round trip: 2 service times and 3
# round trips are **six** possible answers.
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
    service: 1-D array, the service's own time.
    network: 1-D array, round trips; NaN where the answer never came.
        Lengths may differ; every service time can meet every round trip.
    deadline: float, ms; an answer after exactly that time still counts.
    Returns a dict:
        "device_p50", "device_p99", "service_p50", "service_p99": float, the smallest time within
            which at least 50 or 99 % have come, one of the times; infinity if there is none;
        "device_in_time", "service_in_time": share of the answers within the deadline;
        "answer": "service" if more of its answers are in time, else "device".
    """
    ### BEGIN SOLUTION
    lost = np.where(np.isnan(network), np.inf, network)
    remote = np.add.outer(service, lost).ravel()
    report = {}
    for name, times in [("device", device), ("service", remote)]:
        for p in [50, 99]:
            report[f"{name}_p{p}"] = float(np.quantile(times, p / 100, method="inverted_cdf"))
        report[f"{name}_in_time"] = float(np.mean(times <= deadline))
    report["answer"] = "service" if report["service_in_time"] > report["device_in_time"] else "device"
    return report
    ### END SOLUTION

# %% kind="check" name="answer_from" points=4
with check("answer_from"):
    def mostly(n, usual, slow_one, share):
        return np.where(np.arange(n) < share * n, slow_one, usual).astype(float)

    local, serving, trips = np.full(50, 60.0), mostly(100, 5.0, 105.0, 0.02), mostly(200, 20.0, 320.0, 0.02)
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
    p50 = value(got["service_p50"], float)
    assert abs(p50 - 70) < 1e-6, f"The table above: within 70 ms half of the six answers have come, so the median is 70; yours {p50:g}. It is one of the times, and nothing lies between two of them: method=\"inverted_cdf\"."
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
    assert np.isclose(value(got["service_p50"], float), np.quantile(sums, 0.5, method="inverted_cdf"), rtol=1e-9), "On other samples the service's median is wrong."
    assert got["service_p99"] == np.inf, "On other samples with more than 1 % lost, the service's 99th percentile is not infinite."
    assert np.isclose(value(got["device_p99"], float), np.quantile(local, 0.99, method="inverted_cdf"), rtol=1e-9), "On other samples the device's 99th percentile is wrong."
    assert abs(value(got["service_in_time"], float) - np.mean(sums <= 70)) < 1e-9, "On other samples the share in time is wrong."
    assert np.isclose(value(got["device_p50"], float), np.quantile(local, 0.5, method="inverted_cdf"), rtol=1e-9), "On other samples the device's median is wrong."
    assert abs(value(got["device_in_time"], float) - np.mean(local <= 70)) < 1e-9, "On other samples the device's share in time is wrong."
    assert got["answer"] == ("service" if np.mean(sums <= 70) > np.mean(local <= 70) else "device"), "On other samples the answer comes from the wrong place."
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
    name = f"+ {median_ms} ms, {lost:.0%} lost"
    networks[name] = round_trips(median_ms, lost, np.random.default_rng(0))
won = {name: answer_from(on_device, over_http, trips, 100.0) for name, trips in networks.items()}
pd.DataFrame.from_dict(won, orient="index").round(3)

# %% [markdown]
# The device needs microseconds, the server beside it milliseconds: that is KServe, JSON and connections, not the model. With
# 2 % of the answers lost there is no 99th percentile at all.
#
# Move the network. The device is this machine made slower: each call takes `device_ms`, and what the scheduler added to
# the measured calls is added unchanged, for a slower processor does not make others wait longer.

# %% kind="explore"
# Draws when answers have come, from the device and from the service.
def draw_answers(round_trip_ms, lost_percent, device_ms, deadline_ms):
    g = np.random.default_rng(0)
    trips = round_trips(round_trip_ms, lost_percent / 100, g)
    local = device_ms + np.maximum(on_device - np.median(on_device), 0)
    report = answer_from(local, over_http, trips, float(deadline_ms))
    remote = np.sort(np.add.outer(over_http, np.nan_to_num(trips, nan=np.inf)).ravel())
    title = f"In time: device {report['device_in_time']:.0%}, service {report['service_in_time']:.0%}: answer from the {report['answer']}"
    fig, ax = plots.figure(title, x="milliseconds (logarithmic)", y="share of answers that have come")
    for name, values, colour in (("device", np.sort(local), plots.BLUE), ("service", remote, plots.ORANGE)):
        shown = values[np.isfinite(values)]
        shares = [0, *(np.arange(1, len(shown) + 1) / len(values)), len(shown) / len(values)]
        ax.step([shown[0], *shown, 1000], shares, where="post", label=name, color=colour)
    ax.axvline(deadline_ms, color=plots.GREY, linestyle="--", label="deadline")
    ax.set_xscale("log")
    ax.legend(loc="lower right")
    plots.show(fig, alt=f"Shares of answers against time, for device and service, with a deadline of {deadline_ms} ms. {title}.")


explorer(draw_answers, round_trip_ms=(1, 300, 60), lost_percent=(0, 20, 2), device_ms=(1, 300, 20), deadline_ms=(5, 500, 100))

# %% [markdown]
# How slow may the device be before the service wins? Which deadline decides for the service? And with 2 % lost, can it ever
# promise a p99?

# %% [markdown] deeper=10
# ## 7 · When int8 loses

# %% [markdown]
# One scale serves a whole layer's outputs. What if one channel is a thousand times larger than another? Make it so
# without changing the function: ReLU lets positive factors pass, so what the hidden layer gains the last one loses.

# %% kind="explore"
def rescaled(weights, factor):
    into, bias, out = weights[10] * factor, weights[11] * factor, weights[12] / factor[:, None]
    return [*weights[:10], into, bias, out, weights[13]]

def equalized(weights):
    """Every hidden channel gets kernels of the same size on both sides."""
    into, out = np.abs(weights[10]).max(axis=0), np.abs(weights[12]).max(axis=1)
    return rescaled(weights, np.sqrt(out / into))

uneven = rescaled(weights, np.exp(np.random.default_rng(3).normal(0, 2, 64)).astype(np.float32))
variants = {"as trained": weights, "uneven": uneven, "equalized": equalized(uneven)}
in_integers = {"as trained": runs["int8"], "uneven": in_int8(uneven)}
in_integers["equalized"] = in_int8(variants["equalized"])
shaken = {
    name: (accuracy(forward(w, test_x)), accuracy(in_integers[name].outputs))
    for name, w in variants.items()
}

# %% kind="explore"
# Draws how large each channel gets beside one step of the layer's scale.
fig, ax = plots.figure(
    f"int8: {shaken['as trained'][1]:.1%} as trained, {shaken['uneven'][1]:.1%} uneven, {shaken['equalized'][1]:.1%} equalized",
    x="channel of the hidden layer, by size", y="largest, in steps of int8",
)  # fmt: skip
for (name, w), colour in zip(variants.items(), (plots.GREY, plots.RED, plots.BLUE), strict=True):
    largest = np.sort(hidden_layer(w, test_x).max(axis=0))
    ax.plot(255 * np.maximum(largest, 1e-9) / largest.max(), color=colour, label=f"{name}: float {shaken[name][0]:.1%}, int8 {shaken[name][1]:.1%}")
ax.axhline(1, color=plots.ORANGE, linestyle="--")
ax.text(0, 1.1, "one step")
ax.set(yscale="log", ylim=(0.05, 400))
ax.legend(loc="lower right")
peaks = {name: hidden_layer(w, test_x).max(axis=0) for name, w in variants.items()}
below = ", ".join(f"{name} {np.sum(255 * peak < peak.max())}" for name, peak in peaks.items())
plots.show(fig, alt=f"The largest value of each of 64 channels in steps of the int8 scale. So many channels stay below one step: {below}.")

# %% [markdown]
# The function is the same, yet one step of the scale is larger than all that a small channel has to say. Equalized it is
# back (*cross-layer equalization*), without data and without training. Here we made the damage ourselves. Trained networks come to it too, above all
# where batch normalization was folded into the kernels (Nagel and others, below).

# %% [markdown] deeper=10
# ## 8 · Fewer weights

# %% [markdown]
# *Pruning* sets small weights to zero and trains on, so that the others take over. Here 90 % of the largest kernel.
# The control is as much training without pruning.

# %% kind="explore" folded=false
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
large = np.where(size > np.quantile(size, 0.9), weights[10], 0)
with slow("Four epochs of training, four conversions", seconds=5):
    thinner = {
        "as trained": weights,
        "pruned": [*weights[:10], large, *weights[11:]],
        "pruned, 2 epochs more": trained_on(2, Prune()),
        "control: 2 epochs more": trained_on(2),
    }
    with quiet():
        thin_files = {name: convert(w, "int8", calibration) for name, w in thinner.items()}
    thin_runs = {name: examine(file, test_x) for name, file in thin_files.items()}

# %% kind="explore"
# Draws accuracy against what is downloaded, for the four networks.
zipped = {name: len(gzip.compress(file)) for name, file in thin_files.items()}
thin = {name: accuracy(run.outputs) for name, run in thin_runs.items()}
share = zipped["pruned, 2 epochs more"] / zipped["as trained"]
fig, ax = plots.figure(f"Pruned, the download shrinks to {share:.0%}; the file and its time stay", x="bytes after gzip", y="share right in int8")
for name, colour in zip(thinner, (plots.GREY, plots.RED, plots.BLUE, plots.ORANGE), strict=True):
    ax.plot(zipped[name], thin[name], "o", color=colour)
    text = f"{name}\n{len(thin_files[name]):,} B, {thin_runs[name].microseconds:.3g} µs"
    right_half = zipped[name] > 30_000
    ax.annotate(text, (zipped[name], thin[name]), (-8 if right_half else 8, -12 if "control" in name else 8), textcoords="offset points", ha="right" if right_half else "left", va="center", fontsize=9)
ax.set_xlim(0, 1.05 * max(zipped.values()))
ax.margins(y=0.2)
plots.show(fig, alt="Share right against bytes after gzip. " + "; ".join(f"{name}: {zipped[name]:,} bytes, {thin[name]:.3f}" for name in thinner) + ".")

# %% [markdown]
# The download shrinks, the file does not, and a call takes as long: these kernels multiply by zero like by any other
# number. Compare the pruned network with its *control*, not with the network before: more training changes something by
# itself. (One standard error is 0.7 points.)

# %% [markdown] deeper=20
# ## 9 · The same way with the flights

# %% [markdown]
# At the gate there is no picture but a row: carrier, destination and origin, which become *ids* and then vectors
# (embeddings), and seven numbers. Every fifth day of the year is for testing. The errors are in minutes.

# %% kind="explore"
rows = device_flights()
learn = rows[~rows["test"]].sample(100_000, random_state=0)
unseen = rows[rows["test"]].sample(2000, random_state=0)
del rows
words = vocabularies(learn)
with slow("Two epochs over 100,000 flights", seconds=4):
    flight_model = trained(learn, words)
asked = model_inputs(unseen, words)

def rmse(predicted):
    off = np.ravel(predicted) - unseen["arr_delay"]
    return {"RMSE": round(float(np.sqrt(np.mean(off**2))), 2)}

print(f"{flight_model.count_params():,} numbers:", rmse(flight_model.predict(asked, verbose=0)))
print("the departure delay as prediction:", rmse(unseen["dep_delay"].clip(-60, 240)))

# %% [markdown]
# Freezing and Grappler as in section 5. Then one change by hand: Keras lets a *negative* id count from the end of its
# table. Ours are never negative, so *lean* writes each embedding as a plain look-up.

# %% kind="explore"
flight_samples = model_inputs(learn.sample(300, random_state=1), words)
with quiet():
    whole, lean = frozen(flight_model), frozen(flight_model, lean=True)
    flight_graphs = {
        name: f.graph.as_graph_def().SerializeToString()
        for name, f in (("frozen", whole), ("lean", lean))
    }
    flight_graphs["folded"] = optimized(flight_graphs["lean"], "constfold", "dependency")
    flight_graphs["remapped"] = optimized(flight_graphs["folded"], "remap")
    flight_files = {kind: to_lite(lean, kind, flight_samples) for kind in KINDS}

# %% kind="explore"
with slow("The graphs in a process with TensorFlow, the files with LiteRT", seconds=8):
    ran = examine_graphs({name: (graph, asked) for name, graph in flight_graphs.items()})
    flight_runs = {kind: examine_inputs(file, asked) for kind, file in flight_files.items()}

# %% kind="explore"
# Draws memory and time of every step; then bytes, operators and error as a table.
steps = {name: (ran[name], len(read_graph(graph)), len(graph)) for name, graph in flight_graphs.items()}
steps |= {kind: (run, len(run.operators), run.size) for kind, run in flight_runs.items()}
flight_table = pd.DataFrame.from_dict({name: row(operators, size, rmse, run) for name, (run, operators, size) in steps.items()}, orient="index")
fig, ax = plots.figure("The leap is the runtime: from a graph in TensorFlow to a file in LiteRT", x="µs per flight (logarithmic)", y="MB of the process (logarithmic)")
for name, r in flight_table.iterrows():
    ax.plot(r["µs"], r["memory (MB)"], "o", color=plots.ORANGE if name in flight_graphs else plots.BLUE)
graphs_at, files_at = flight_table.loc[list(flight_graphs)], flight_table.loc[list(flight_files)]
ax.annotate(f"{len(graphs_at)} graphs, TensorFlow", (graphs_at["µs"].min(), graphs_at["memory (MB)"].mean()), (-10, 0), textcoords="offset points", ha="right", va="center")
ax.annotate(f"{len(files_at)} files, LiteRT", (files_at["µs"].max(), files_at["memory (MB)"].mean()), (10, 0), textcoords="offset points", va="center")
ax.set(xscale="log", yscale="log")
ax.margins(0.15)
plots.show(fig, alt="Memory against time per flight. " + "; ".join(f"{name}: {r['µs']:.3g} µs, {r['memory (MB)']:.0f} MB" for name, r in flight_table.iterrows()) + ".")
flight_table

# %% [markdown]
# Three lessons from the table.
#
# - **The leap is the runtime.** Fewer nodes change little beside that, and so does precision.
# - **Optimizers find what they know.** Grappler's folding takes not one of the flights' nodes (and the bytes even grow: each node
#   now names its device). One look at the graph, *lean*, took more than a third.
# - **int8 costs hundredths of a minute**, and its file is halved, not quartered: structure weighs as much as weights here.

# %% kind="explore"
predict("early",
    "A colleague calibrates int8 with 300 flights of a good day: all of them left early. RMSE on all test flights, in minutes?",
    {"300 flights as they come": (10, 60, 0.5), "300 early ones": (10, 60, 0.5)},
)

# %% kind="explore"
early = model_inputs(learn[learn["dep_delay"] < 0].sample(300, random_state=1), words)
with quiet():
    early_file = to_lite(lean, "int8", early)
early_run = examine_inputs(early_file, asked)

# %% kind="explore"
reveal("early",
    {"300 flights as they come": rmse(flight_runs["int8"].outputs)["RMSE"], "300 early ones": rmse(early_run.outputs)["RMSE"]},
    unit="min",
    text="The converter noted the largest departure delay it saw, and everything above it is cut off there. On the digits a single image was enough; "
    "here the rare rows are the ones that matter.",
)

# %% kind="explore"
# Draws predicted against true delays, for both calibrations.
late = unseen["dep_delay"].to_numpy() > 60
fig, ax = plots.figure(
    f"Calibrated on a good day, no flight can be predicted later than {early_run.outputs.max():.0f} minutes", x="true arrival delay (minutes)", y="predicted (minutes)", figsize=(7, 3.6)
)
for name, run, colour in (("300 as they come", flight_runs["int8"], plots.BLUE), ("300 early ones", early_run, plots.RED)):
    ax.plot(unseen["arr_delay"], run.outputs.ravel(), ".", markersize=3, color=colour, label=name)
ax.legend(loc="upper left", markerscale=4)
means = f"those over an hour late at departure: {early_run.outputs[late].mean():.0f} predicted, {unseen['arr_delay'][late].mean():.0f} in truth"
plots.show(fig, alt=f"Predicted against true delays. With early flights as samples, predictions end at {early_run.outputs.max():.0f} minutes; {means}.")

# %% [markdown]
# Next year a new carrier flies. Its id is one that the table of vectors does not have.

# %% kind="explore"
stranger = {**asked, "carrier": np.full_like(asked["carrier"], len(words["carrier"]) + 1)}
try:
    examine_inputs(flight_files["int8"], stranger)
except ExamineError:
    print("LiteRT stopped with an error: a look-up outside of the table.")

unknown = {name: x if name == "numbers" else np.zeros_like(x) for name, x in asked.items()}
without = examine_inputs(flight_files["int8"], unknown)
print("carrier, destination and origin unknown, as id 0:", rmse(without.outputs))

# %% [markdown]
# An id too many, and there is no answer at all. So the vocabulary keeps id 0 for whatever it does not know, and the device never
# asks beyond its table. No flight in training had id 0; its vector is still as small as it was at first. Compare the
# two errors: the departure delay says most.

# %% [markdown] deeper=5
# ## 10 · The newer interface

# %% [markdown]
# `CompiledModel` takes buffers instead of tensors, and picks the hardware: on a phone the GPU or an NPU, here the CPU. The
# same file, the same integers?

# %% kind="explore"
from ai_edge_litert.compiled_model import CompiledModel

into = device.get_input_details()[0]
fed = quantize(test_x[0], *into["quantization"])
with quiet():  # it tells of every accelerator that it looks for
    compiled = CompiledModel.from_buffer(files["int8"])
    takes, gives = compiled.create_input_buffers(0), compiled.create_output_buffers(0)
    takes[0].write(fed.ravel())
    compiled.run_by_index(0, takes, gives)
    new = gives[0].read(10, np.int8)

device.set_tensor(into["index"], fed[None])
device.invoke()
old = device.get_tensor(device.get_output_details()[0]["index"])[0]
print("CompiledModel:", new.tolist())
print("Interpreter:  ", old.tolist())

# %% [markdown]
# ## In production
#
# - **At 1,000 times the scale** the fleet is the problem: ten versions of the model on a hundred kinds of device. Each
#   carries its version and preprocessing, is rolled out in stages and can be rolled back.
# - **Tools**: LiteRT's `CompiledModel` for GPU and NPU, ONNX Runtime, ExecuTorch, Core ML. Measure on the device. Where eight
#   bits cost too much, train with quantization in the loop (lab 20).
# - **The failure to watch for** is silent: weights lost in the conversion, a calibration that saw raw pixels. Before
#   every release compare answers with the network's, and operators with what the device knows.
# - **Also plan** for inputs that you do not see any more. Send counts, confidence, and a few samples with consent, or
#   drift stays unseen (lab 02).

# %% [markdown]
# ### The same idea elsewhere
#
# | | to one file | integers, with samples | runs it |
# |---|---|---|---|
# | TensorFlow | `TFLiteConverter`; Keras: `model.export(format="litert")` | `representative_dataset` | LiteRT |
# | PyTorch | `litert_torch.convert`; ExecuTorch | torchao: `prepare_pt2e`, `convert_pt2e` | LiteRT, ExecuTorch |
# | JAX | `orbax.export` to a SavedModel, then as above | as above | LiteRT |
# | Managed service | Qualcomm AI Hub: compile job | quantize job | profile job, on real devices |
#
# Keras' own guide recommends its PyTorch backend here: with TensorFlow's, `model.export` allows Flex operators.

# %% [markdown]
# ## Primary sources
#
# - Jacob and others, [Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference](https://arxiv.org/abs/1712.05877), 2018: scale and zero point, and why normalization is folded first.
# - Google, [LiteRT: post-training quantization](https://ai.google.dev/edge/litert/models/post_training_quantization): the five kinds, and what each needs.
# - Keras, [Exporting Keras models to LiteRT](https://keras.io/guides/litert_export/): backends, Flex operators, what is deprecated.
# - David and others, [TensorFlow Lite Micro](https://arxiv.org/abs/2010.08678), 2021: an interpreter without operating system.
#
# <details><summary>For the deeper sections</summary>
#
# - TensorFlow, [Graph optimization with Grappler](https://www.tensorflow.org/guide/graph_optimization): the passes, by name.
# - Krishnamoorthi, [Quantizing deep convolutional networks for efficient inference](https://arxiv.org/abs/1806.08342), 2018: per channel or per layer, and how many samples calibration needs.
# - Nagel and others, [Data-Free Quantization Through Weight Equalization and Bias Correction](https://arxiv.org/abs/1906.04721), 2019: channels of unequal size, where they come from, and the cure.
# - Zhu and Gupta, [To prune, or not to prune](https://arxiv.org/abs/1710.01878), 2017: large and sparse against small and dense.
# - KServe, [Open Inference Protocol](https://github.com/kserve/open-inference-protocol): what went over the wire.
# - Dean and Barroso, [The Tail at Scale](https://doi.org/10.1145/2408776.2408794), 2013: why the 99th percentile decides, and what to do about it.
# </details>
