# gc: what programs look at.
import gc

gc.collect()
print(gc.mem_free() > 1000, gc.mem_alloc() > 100, gc.isenabled())
gc.threshold(10000)
gc.disable()
print(gc.isenabled())
gc.enable()
