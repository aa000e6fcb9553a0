"""All routes of Cohere's API."""

from fastapi import APIRouter

from tunesmith.server.dialects.cohere import (
    classify,
    datasets,
    embed,
    embed_jobs,
    finetuning,
    models,
    rerank,
    tokenize,
)

router = APIRouter()
for module in (embed, classify, rerank, tokenize, models, datasets, finetuning, embed_jobs):
    router.include_router(module.router)
