#!/usr/bin/env python3
"""Makes src/server/llm/catalogue/models.csv from the model list that the PyPI package litellm carries (MIT licence).

    pip download --no-deps litellm==VERSION && scripts/catalogue.py litellm-*.whl > src/server/llm/catalogue/models.csv

Prices are micro-dollars per million tokens, so that a cost is a whole number of micro-dollars after one division; of speech that is not
paid by tokens, per million seconds that are heard or characters that are read aloud. Kept are models that chat, hear, speak or embed, of
the vendors that Liao has an adapter or a preset for.
"""
import datetime
import json
import re
import sys
import zipfile

# The list's name of a vendor: ours.
VENDORS = {
    "openai": "openai", "anthropic": "anthropic", "gemini": "gemini", "deepseek": "deepseek", "dashscope": "qwen",
    "moonshot": "moonshot", "zai": "zhipu", "groq": "groq", "mistral": "mistral", "xai": "xai", "minimax": "minimax",
    "volcengine": "volcengine",
}
# Vendors whose adapters hand files over as they are; of the others it is not of use what their own APIs take.
FILES = {"openai", "anthropic", "gemini"}
CHAT, HEAR, SPEAK, EMBED = ("chat", "responses"), "audio_transcription", "audio_speech", "embedding"
LIST = "litellm/model_prices_and_context_window_backup.json"


def price(model, field):
    value = model.get(field)
    return "" if value is None else str(round(value * 1e12))


def flag(model, field):
    value = model.get(field)
    return "" if value is None else "1" if value else "0"


def rows(models):
    for name, model in models.items():
        vendor = VENDORS.get(model.get("litellm_provider"))
        mode = model.get("mode")
        if vendor is None or mode not in (*CHAT, HEAR, SPEAK, EMBED) or name.startswith("ft:"):
            continue
        short = name.split("/", 1)[1] if name.split("/", 1)[0] == model["litellm_provider"] else name
        context, output = model.get("max_input_tokens"), model.get("max_output_tokens")
        if not re.fullmatch(r"[\w./:@-]+", short):
            continue
        paid = [price(model, "input_cost_per_token"), price(model, "output_cost_per_token"), price(model, "cache_read_input_token_cost")]
        second, character = "", ""
        if mode in CHAT:
            if not isinstance(context, int):
                continue
        elif mode == EMBED:
            # The list says 0 where it does not know.
            paid = [paid[0], "0", ""] if paid[0] not in ("", "0") else ["", "", ""]
        else:
            # Tokens of sound nobody tells who is asked to speak, so only a price by the character is of use.
            if mode == SPEAK:
                paid, character = ["", "", ""], price(model, "input_cost_per_character")
            elif not paid[0]:
                second = price(model, "input_cost_per_second")
            # What a model does is told by its name, there as here (`task` in catalogue.rs).
            if not (paid[0] or second or character) or not re.search("transcri|whisper|tts|orpheus", short):
                continue
        yield (vendor, short, str(context) if isinstance(context, int) else "", str(output) if isinstance(output, int) else "", *paid,
               flag(model, "supports_vision"), flag(model, "supports_function_calling"), flag(model, "supports_reasoning"),
               flag(model, "supports_pdf_input") if vendor in FILES else "",
               flag(model, "supports_assistant_prefill"), second, character)


def main():
    archive = sys.argv[1]
    models = json.loads(zipfile.ZipFile(archive).read(LIST))
    version = re.search(r"litellm-([\d.]+)", archive).group(1)
    print(f"# Source: the model list in litellm {version} (PyPI, MIT), which names each vendor's own pages. Made by scripts/catalogue.py.")
    print(f"# Taken on {datetime.date.today()}.")
    print("# vendor,model,context,output,input_price,output_price,cached_price,vision,tools,reasoning,files,prefill,second_price,character_price")
    best = {}
    for row in rows(models):
        # A model that is named twice is taken where more is said of it.
        best[row[:2]] = max(row, best.get(row[:2], ()), key=lambda one: sum(field != "" for field in one))
    for row in sorted(best.values()):
        print(",".join(row))


main()
