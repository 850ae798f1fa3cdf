"""What there is to hear: synthesised sounds and recordings, as a microphone's converter has them.

synthesis.py makes them, recording.py reads WAV files, scene.py holds what is heard when, and
request.py reads what a scenario says of it. Amplitudes are 24-bit converter values in the upper
bits of 32: full scale is a peak of 120 dB SPL, as microphones of the INMP441 class have it.
"""
