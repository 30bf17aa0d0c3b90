"""The losses of a training as a drawing that stands in the page."""

from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT = 600, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 8, 10, 24
_KINDS = {"loss": ("training", "tt-training"), "val_loss": ("held out", "tt-held-out")}


def draw(history: Sequence[Mapping[str, float]]) -> str:
    """Returns an SVG of the losses over the steps; "" of fewer than two rows.

    Args:
      history: rows with "step" and, each where it is known, "loss" and "val_loss".
    """
    losses = [row[kind] for row in history for kind in _KINDS if kind in row]
    if len(history) < 2 or not losses:
        return ""
    first, last = history[0]["step"], history[-1]["step"]
    low, high = min(losses), max(losses)
    height = _HEIGHT - _TOP - _BOTTOM

    def x(step):
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (step - first) / max(last - first, 1)

    def y(loss):
        return _TOP + height * (high - loss) / max(high - low, 1e-9)

    parts = []
    for loss in (high, (low + high) / 2.0, low):
        at = f"{y(loss):.1f}"
        parts.append(f'<path d="M{_LEFT} {at}H{_WIDTH - _RIGHT}" class="tt-rule"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{at}" dy="4" text-anchor="end">{loss:.2f}</text>')
    for step, anchor in ((first, "start"), (last, "end")):
        place = f'x="{x(step):.1f}" y="{_HEIGHT - 6}" text-anchor="{anchor}"'
        parts.append(f"<text {place}>step {step:.0f}</text>")
    named = []
    for kind, (name, style) in _KINDS.items():
        places = [f"{x(row['step']):.1f},{y(row[kind]):.1f}" for row in history if kind in row]
        if places:
            parts.append(f'<polyline points="{" ".join(places)}" class="{style}"/>')
            named.append(f'<b class="{style}">{name}</b>')
    picture = (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Loss by step">'
        f"{''.join(parts)}</svg>"
    )
    caption = f"<figcaption>Loss: {', '.join(named)}</figcaption>"
    return f'<figure class="tt-loss">{caption}{picture}</figure>'
