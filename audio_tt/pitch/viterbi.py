"""The most likely line through CREPE's bins, by the hidden Markov model of the original.

360 states, uniform start; from one frame to the next the state moves by less than 12 bins with
probability falling linearly (rows normalised); a frame's observation is the bin of its largest
activation, which is the state itself with probability 0.1 + 0.9 / 360 and any other bin with
0.9 / 360 (https://github.com/marl/crepe, core.py, to_viterbi_cents). Exact, ties included: the
lowest bin wins.
"""

import functools

import numpy as np

STATES = 360
REACH = 11
SELF_EMISSION = 0.1


def transition() -> np.ndarray:
    """The transition matrix [from, to], rows summing to 1."""
    states = np.arange(STATES)
    matrix = np.maximum(REACH + 1.0 - np.abs(states[:, None] - states[None, :]), 0.0)
    return matrix / matrix.sum(axis=1, keepdims=True)


def emission() -> np.ndarray:
    """The emission matrix [state, observation], rows summing to 1."""
    return np.eye(STATES) * SELF_EMISSION + np.full((STATES, STATES), (1 - SELF_EMISSION) / STATES)


@functools.cache
def _moves():
    """The log probability of coming to a state from offset bins above it, [to, offset]."""
    with np.errstate(divide="ignore"):
        log_transition = np.log(transition())
    source = np.arange(STATES)[:, None] + np.arange(-REACH, REACH + 1)[None, :]
    inside = (source >= 0) & (source < STATES)
    moves = log_transition[source.clip(0, STATES - 1), np.arange(STATES)[:, None]]
    moves = np.where(inside, moves, -np.inf)
    moves.setflags(write=False)
    return moves


class Decoder:
    """Decodes a stream of observations; states come out as soon as nothing later can change them.

    Memory is bounded by how long two lines of descent stay apart (a few seconds; half a minute for
    pure noise), not by the length of the stream.

    Example:
      decoder = Decoder()
      path = np.concatenate([decoder.push(first), decoder.push(second), decoder.finish()])
    """

    def __init__(self):
        self._moves = _moves()
        self._log_hit = np.log(SELF_EMISSION + (1 - SELF_EMISSION) / STATES)
        self._log_miss = np.log((1 - SELF_EMISSION) / STATES)
        self._padded = np.full(STATES + 2 * REACH, -np.inf)
        self._score = self._padded[REACH:-REACH]
        self._windows = np.lib.stride_tricks.sliding_window_view(self._padded, 2 * REACH + 1)
        self._reached = np.empty_like(self._moves)
        self._rows = np.arange(STATES)
        self._lowest = self._rows - REACH
        self._origins = np.zeros((0, STATES), np.int16)
        self._started = False

    def push(self, observations: np.ndarray) -> np.ndarray:
        """Takes the next bins [frames] and returns the states [frames] that are now settled."""
        observations = np.asarray(observations, np.int64)
        origins = np.empty((len(observations), STATES), np.int16)
        for frame, seen in enumerate(observations):
            origins[frame] = self._advance(seen)
        self._origins = np.concatenate([self._origins, origins])
        return self._settle()

    def follow(self, observations: np.ndarray) -> np.ndarray:
        """Takes the next bins [frames] and returns for each the state most likely so far.

        For what cannot wait for the frames to come; use either this or `push`.
        """
        states = np.empty(len(observations), np.int64)
        for frame, seen in enumerate(observations):
            self._advance(seen)
            states[frame] = self._score.argmax()
        return states

    def _advance(self, seen):
        """Takes one bin; returns the states [360] from which each state is best reached."""
        if self._started:
            np.add(self._windows, self._moves, out=self._reached)
            best = self._reached.argmax(axis=1)
            origins = best + self._lowest
            score = self._reached[self._rows, best]
        else:
            score = np.full(STATES, np.log(1.0 / STATES))
            origins = self._rows
            self._started = True
        hit = score[seen] + self._log_hit
        score += self._log_miss
        score[seen] = hit
        self._score[:] = score
        return origins

    def finish(self) -> np.ndarray:
        """Returns the states of the frames still open and begins anew."""
        path = self._trace(len(self._origins), int(self._score.argmax()))
        self._origins = self._origins[:0]
        self._started = False
        return path

    def _settle(self):
        """Settles the frames before the last point where the lines back from all states meet."""
        state = np.arange(STATES)
        for frame in range(len(self._origins) - 1, 0, -1):
            state = self._origins[frame][state]
            if state[0] == state[-1] and (state == state[0]).all():
                path = self._trace(frame, int(state[0]))
                self._origins = self._origins[frame:]
                return path
        return np.zeros(0, np.int64)

    def _trace(self, count, state):
        """States of the first `count` open frames, given the last of them."""
        path = np.empty(count, np.int64)
        for frame in range(count - 1, -1, -1):
            path[frame] = state
            state = self._origins[frame, state]
        return path


def decode(observations: np.ndarray) -> np.ndarray:
    """The most likely states [frames] for the observed bins [frames]."""
    decoder = Decoder()
    observations = np.asarray(observations)
    if not len(observations):
        return np.zeros(0, np.int64)
    settled = [
        decoder.push(block) for block in np.array_split(observations, len(observations) // 4096 + 1)
    ]
    return np.concatenate([*settled, decoder.finish()])
