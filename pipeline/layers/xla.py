"""What Keras has no backend-neutral name for: compile, differentiate, loop, draw from a key, read a variable.

Everything else in the models and the training engine is ``keras.ops``, so this file is all that knows which backend runs.
``keras.ops.scan`` is not used: on TensorFlow it demands outputs of the same structure as the carry.
"""

import os
from collections.abc import Callable
from typing import Any

import keras

# A CPU runs a loop operation by operation, unless a turn of it moves fewer bytes than this: then the loop is one function, and up to 2.4
# times faster where a step is one short sequence. Ten times as many make large steps slower. Read with the first program; a user's own
# flags come after it.
ONE_FUNCTION_BYTES = 1_000_000
os.environ["XLA_FLAGS"] = (
    f"--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold={ONE_FUNCTION_BYTES} {os.environ.get('XLA_FLAGS', '')}".strip()
)

Tensor = Any
BACKEND = keras.backend.backend()

if BACKEND == "tensorflow":
    import tensorflow as tf

    # Each set of nets has programs of its own. TensorFlow takes a few of them in a row for a mistake, and says so at length.
    tf.get_logger().addFilter(lambda record: "tf.function retracing" not in record.getMessage())
    # Proofs are of nets in float32. Without this a GPU multiplies matrices in TF32, with ten bits of each number.
    tf.config.experimental.enable_tensor_float_32_execution(False)

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        """Compile ``function`` into one XLA program for each set of argument shapes."""
        return tf.function(function, jit_compile=True, autograph=False)

    def traced(function: Callable[..., Any]) -> Callable[..., Any]:
        """Turn ``function`` into a graph that serves changing lengths without compiling anew for each."""
        return tf.function(function, autograph=False, reduce_retracing=True)

    def gradient(function: Callable[[list[Tensor]], tuple[Tensor, Any]], at: list[Tensor]) -> tuple[tuple[Tensor, Any], list[Tensor]]:
        """Return ``(function(at), gradients)``; ``function`` gives a scalar to differentiate and anything beside it."""
        with tf.GradientTape() as tape:
            tape.watch(at)
            value, beside = function(at)
        return (value, beside), tape.gradient(value, at)

    def scan(
        step: Callable[[Any, Any], tuple[Any, Any]], state: Any, inputs: Any, length: Tensor, active: Callable[[Any], Tensor] | None = None
    ) -> tuple[Any, Any]:
        """Run ``state, output = step(state, input)`` over the first axis of ``inputs``; return the last state and all outputs.

        It ends early once ``active(state)`` is false; outputs that were not reached are zeros, and no gradient can be taken then.
        """
        state = tf.nest.map_structure(tf.convert_to_tensor, state)
        slices = [tf.TensorArray(x.dtype, length, element_shape=x.shape[1:]).unstack(x) for x in tf.nest.flatten(inputs)]
        like = _output_of(step, state, inputs)
        outputs = [(_Appended if active is None else _Written)(o.shape, o.dtype, length) for o in tf.nest.flatten(like)]

        def body(i: Tensor, state: Any, kept: list[Any]) -> tuple[Tensor, Any, list[Any]]:
            after, out = step(state, tf.nest.pack_sequence_as(inputs, [s.read(i) for s in slices]))
            after = tf.nest.pack_sequence_as(state, tf.nest.flatten(after))
            return i + 1, after, [o.keep(k, i, x) for o, k, x in zip(outputs, kept, tf.nest.flatten(out), strict=True)]

        def more(i: Tensor, state: Any, kept: list[Any]) -> Tensor:
            return i < length if active is None else tf.logical_and(i < length, active(state))

        _, state, kept = tf.while_loop(more, body, (0, state, [o.none() for o in outputs]), maximum_iterations=length)
        return state, tf.nest.pack_sequence_as(like, [o.stack(k) for o, k in zip(outputs, kept, strict=True)])

    class _Written:
        """One output of a loop that may end early: each position is written, and what was not reached stays zero."""

        def __init__(self, shape: Any, dtype: Any, length: Tensor) -> None:
            self.shape, self.dtype, self.length = shape, dtype, length

        def none(self) -> Any:
            return tf.TensorArray(self.dtype, self.length, element_shape=self.shape)

        def keep(self, kept: Any, i: Tensor, output: Tensor) -> Any:
            return kept.write(i, output)

        def stack(self, kept: Any) -> Tensor:
            return kept.stack()

    class _Appended(_Written):
        """One output of a loop that takes every position.

        The gradient of writing makes XLA copy the gradients of all positions at each of them: training would be quadratic in length.
        That of appending takes the last one off.
        """

        def __init__(self, shape: Any, dtype: Any, length: Tensor) -> None:
            # These operations take -1 for a size that is not known yet, as that of a batch in a traced graph.
            super().__init__([-1 if size is None else size for size in shape], dtype, length)

        def none(self) -> Any:
            return tf.raw_ops.EmptyTensorList(element_shape=self.shape, max_num_elements=self.length, element_dtype=self.dtype)

        def keep(self, kept: Any, i: Tensor, output: Tensor) -> Any:
            return tf.raw_ops.TensorListPushBack(input_handle=kept, tensor=output)

        def stack(self, kept: Any) -> Tensor:
            number = tf.get_static_value(self.length)
            return tf.raw_ops.TensorListStack(
                input_handle=kept, element_shape=self.shape, element_dtype=self.dtype, num_elements=-1 if number is None else number
            )

    def _output_of(step: Callable[[Any, Any], tuple[Any, Any]], state: Any, inputs: Any) -> Any:
        # XLA needs the shapes of the loop's outputs before the loop: trace one step on the side to learn them.
        like = tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), state)
        one = tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape[1:], x.dtype), inputs)
        return tf.function(step, autograph=False).get_concrete_function(like, one).structured_outputs[1]

    def value_of(variable: keras.Variable) -> Tensor:
        """Return what a variable holds now."""
        return variable.value.read_value()

    def uniform(key: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Draw float32 numbers of [0, 1) that depend on ``key`` (two int32 words) alone."""
        return tf.random.stateless_uniform(shape, key)

    def normal(key: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Draw float32 numbers of the standard normal distribution that depend on ``key`` (two int32 words) alone."""
        return tf.random.stateless_normal(shape, key)

else:  # JAX: ``pipeline.layers`` lets no other one through
    import jax

    jax.config.update("jax_default_matmul_precision", "highest")  # as above: float32, not TF32

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        """Compile ``function`` into one XLA program for each set of argument shapes."""
        return jax.jit(function)

    traced = compiled

    def gradient(function: Callable[[list[Tensor]], tuple[Tensor, Any]], at: list[Tensor]) -> tuple[tuple[Tensor, Any], list[Tensor]]:
        """Return ``(function(at), gradients)``; ``function`` gives a scalar to differentiate and anything beside it."""
        return jax.value_and_grad(function, has_aux=True)(at)

    def scan(
        step: Callable[[Any, Any], tuple[Any, Any]], state: Any, inputs: Any, length: Tensor, active: Callable[[Any], Tensor] | None = None
    ) -> tuple[Any, Any]:
        """Run ``state, output = step(state, input)`` over the first axis of ``inputs``; return the last state and all outputs.

        It ends early once ``active(state)`` is false; outputs that were not reached are zeros, and no gradient can be taken then.
        """
        if active is None:
            return jax.lax.scan(step, state, inputs, length=length)
        first = jax.tree.map(lambda x: x[0], inputs)
        outputs = jax.tree.map(lambda o: jax.numpy.zeros((length, *o.shape), o.dtype), jax.eval_shape(step, state, first)[1])

        def body(carry: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            i, state, outputs = carry
            state, output = step(state, jax.tree.map(lambda x: x[i], inputs))
            return i + 1, state, jax.tree.map(lambda all_, o: all_.at[i].set(o), outputs, output)

        _, state, outputs = jax.lax.while_loop(lambda c: (c[0] < length) & active(c[1]), body, (0, state, outputs))
        return state, outputs

    def value_of(variable: keras.Variable) -> Tensor:
        """Return what a variable holds now."""
        return variable.value

    def uniform(key: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Draw float32 numbers of [0, 1) that depend on ``key`` (two int32 words) alone."""
        return jax.random.uniform(jax.random.fold_in(jax.random.PRNGKey(key[0]), key[1]), shape)

    def normal(key: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Draw float32 numbers of the standard normal distribution that depend on ``key`` (two int32 words) alone."""
        return jax.random.normal(jax.random.fold_in(jax.random.PRNGKey(key[0]), key[1]), shape)


def device() -> str:
    """Name the device that programs run on, such as ``cpu:0`` or ``gpu:0``."""
    # Asked for GPUs alone, JAX fails where there is none.
    return next((str(name) for name in keras.distribution.list_devices() if str(name).startswith("gpu")), "cpu:0")
