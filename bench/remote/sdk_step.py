"""Makes one training step with the SDK of Tinker: forward_backward and optim_step on the data of a file.

    python bench/remote/sdk_step.py URL BASE_MODEL RANK SEED FILE NAME

`npm run bench -- tinker --sdk python3` runs it, and compares the weights with those after the same calls of entrain. Prints the
address of the weights. Needs tinker 0.7; versions from 0.25 on send protobuf, which SkyRL tx 0.3.0 does not read.
"""

import json
import sys

import tinker
from tinker import types

url, base_model, rank, seed, file, name = sys.argv[1:]
with open(file) as opened:
    step = json.load(opened)


def tensor(values, dtype):
    return types.TensorData(data=values, dtype=dtype, shape=[len(values)])


def datum(sent):
    inputs = sent["loss_fn_inputs"]
    return types.Datum(
        model_input=types.ModelInput.from_ints(sent["model_input"]["chunks"][0]["tokens"]),
        loss_fn_inputs={key: tensor(value["data"], value["dtype"]) for key, value in inputs.items()},
    )


service = tinker.ServiceClient(base_url=url, api_key="tml-local")
training = service.create_lora_training_client(base_model=base_model, rank=int(rank), seed=int(seed))
training.forward_backward([datum(sent) for sent in step["data"]], step["loss"]).result()
training.optim_step(types.AdamParams(**step["adam"])).result()
print(training.save_weights_for_sampler(name).result().path)
