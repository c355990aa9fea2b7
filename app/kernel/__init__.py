"""What every part speaks in: refusals, money, time, ids, codes and serial numbers."""
