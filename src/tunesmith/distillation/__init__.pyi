from .distill import distill as distill
