"""Notes, scores and performances, and the sampled instruments that play them."""
