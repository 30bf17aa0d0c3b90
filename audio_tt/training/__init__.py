"""What every training needs: run directory, hold-out rule, devices, jobs in parallel."""
