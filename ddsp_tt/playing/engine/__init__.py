"""A trained instrument in numpy, for files and for live sound, without Keras or TensorFlow."""
