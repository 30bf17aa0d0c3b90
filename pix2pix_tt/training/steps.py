"""One step of training as one compiled function, on TensorFlow and on JAX.

A part is (trainable variables, optimiser built for them). All parts share one forward pass; each
has its own loss, of which only the gradient to its own variables is taken, and all of them change
at once, after every gradient is known.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras


def training_step(
    forward: Callable, parts: Sequence[tuple[Sequence[Any], Any]], others: Sequence[Any]
) -> Callable:
    """Compiles a step of training.

    Args:
      forward: function of a batch (arrays) that returns (losses, figures): a scalar for each part,
        and a tensor of whatever is to be watched.
      parts: list of (trainable variables, built optimiser).
      others: the variables that change outside the gradients: statistics, seeds.

    Returns:
      A function of a batch that changes the variables and returns the figures.
    """
    if keras.backend.backend() == "jax":
        return _jax_training_step(forward, parts, others)
    import tensorflow as tf

    # Without XLA, whose convolutions take twice as long on a processor.
    @tf.function(autograph=False)
    def step(*batch):
        with tf.GradientTape(persistent=True) as tape:
            losses, figures = forward(*batch)
            losses = [
                optimizer.scale_loss(loss)
                for loss, (_, optimizer) in zip(losses, parts, strict=True)
            ]
        gradients = [
            tape.gradient(loss, [v.value for v in variables])
            for loss, (variables, _) in zip(losses, parts, strict=True)
        ]
        for values, (variables, optimizer) in zip(gradients, parts, strict=True):
            optimizer.apply(values, variables)
        return figures

    return step


def _jax_training_step(forward, parts, others):
    import jax

    optimizers = [optimizer for _, optimizer in parts]
    trainable = [variables for variables, _ in parts]

    def scaled_losses(values, other_values, optimizer_values, batch):
        mapping = [*_pairs(trainable, values), *zip(others, other_values, strict=True)]
        mapping += _pairs([optimizer.variables for optimizer in optimizers], optimizer_values)
        with keras.StatelessScope(state_mapping=mapping) as scope:
            losses, figures = forward(*batch)
            losses = [o.scale_loss(loss) for o, loss in zip(optimizers, losses, strict=True)]
        return losses, (figures, [scope.get_current_value(v) for v in others])

    def step(state, *batch):
        values, other_values, optimizer_values = state
        losses, pull_back, (figures, other_values) = jax.vjp(
            lambda values: scaled_losses(values, other_values, optimizer_values, batch),
            values,
            has_aux=True,
        )
        updated = []
        for i, optimizer in enumerate(optimizers):
            of_this = [jax.numpy.full_like(loss, i == j) for j, loss in enumerate(losses)]
            gradients = pull_back(of_this)[0][i]
            updated.append(optimizer.stateless_apply(optimizer_values[i], gradients, values[i]))
        values, optimizer_values = zip(*updated, strict=True)
        return (list(values), other_values, list(optimizer_values)), figures

    graph = jax.jit(step, donate_argnums=0)
    variables = (trainable, others, [optimizer.variables for optimizer in optimizers])

    def run(*batch):
        state, figures = graph(jax.tree.map(lambda v: v.value, variables), *batch)
        jax.tree.map(lambda variable, value: variable.assign(value), variables, state)
        return figures

    return run


def _pairs(groups, values):
    """[(variable, value)] of lists of lists."""
    return [
        pair
        for group, inner in zip(groups, values, strict=True)
        for pair in zip(group, inner, strict=True)
    ]
