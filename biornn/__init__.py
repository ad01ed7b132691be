"""biornn: train a rate recurrent network, map it onto spiking populations in Brian2, compare both on the same trials.

Importing the package imports no stage; import the ones you need::

    from biornn import bridge, compare, rate, spiking, tasks
"""

__version__ = "0.1.0"
