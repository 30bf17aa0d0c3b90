"""Stands in for `ddsp_tt.train_instrument`: writes what it leaves behind, in no time.

Up to step 40 of however many it is told to do; then it waits to be stopped. Told to do 40 it ends,
and told to do 1 it fails.
"""

import json
import sys
import time
import wave
from pathlib import Path

flags = dict(word.removeprefix("--").split("=", 1) for word in sys.argv[1:])
work, total = Path(flags["work_dir"]), int(sys.argv[-1].split("=")[-1])
(work / "flags.json").write_text(json.dumps(sys.argv[1:]))
if total == 1:
    print("error: there is no pitch in it", flush=True)
    sys.exit(1)
(work / "run" / "samples" / "000040").mkdir(parents=True, exist_ok=True)
with wave.open(str(work / "run" / "samples" / "000040" / "resynthesis.wav"), "wb") as sound:
    sound.setparams((1, 2, 16000, 0, "NONE", ""))
    sound.writeframes(bytes(32000))
(work / "run" / "history.csv").write_text("step,loss,val_loss\n20,9.5,\n40,7.25,8.0\n")
print("Training: 40", flush=True)
if total > 40:
    time.sleep(60)
