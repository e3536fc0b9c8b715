import { factsOf } from '../../lib/compute/engine/webgpu/plan/facts.js'
import { planOf } from '../../lib/compute/engine/webgpu/plan/plan.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import { modelPrograms } from '../../lib/policy/local/model-programs.js'
import type { Command } from '../command.js'
import { PlanConfigCodec, planDefaults, planSettings, sizeOfProgram } from '../config/plan-config.js'
import { resolve } from '../config/resolve.js'
import { planLines } from '../display/plan.js'
import { exitCodes } from '../exit.js'
import { flagLayer } from '../parse-flags.js'
import { openModel } from '../resources/open-model.js'

/** Prints the plan of a program of a model for the engine `webgpu`. */
export const planCommand: Command = {
  name: 'plan',
  about: 'print the kernels into which the engine webgpu compiles a program of a model; no GPU is needed',
  usage: 'MODEL [flags]',
  details: [
    'MODEL is a Hugging Face folder, a .safetensors or .gguf file, or the name of a bundled checkpoint.',
    [
      'The program train computes the gradient of the PPO loss of completions, each behind a prompt of one token. adamw is a step of',
      'the optimiser. prefill reads prompts, and decode reads one token of every sequence. Adapters are merged for the last two.',
    ].join('\n'),
    [
      'A line for every kernel shows its operations, its workgroups, its bytes, its floating-point operations, and where its inputs',
      'come from: #N is the kernel N. Each element counts once, although a kernel may read or compute it again. A cache counts at',
      'its full length. The arena is the GPU memory of a run besides weights, inputs and outputs.',
    ].join('\n'),
  ],
  positionals: ['MODEL'],
  flags: planSettings,
  defaults: planDefaults,
  examples: [
    ['entrain plan countdown', 'kernels of a training pass of a bundled checkpoint'],
    ['entrain plan countdown --program decode --rows 32', 'kernels that generate a token of 32 sequences'],
    ['entrain plan models/Qwen/Qwen3-0.6B --lora-rank 16 --rows 8 --length 128', 'a training pass with adapters'],
  ],
  run: async (flags, [name = ''], terminal) => {
    const config = rightOrThrow(resolve(PlanConfigCodec, planDefaults, [flagLayer(planSettings, flags)]))
    const { adapter, lora } = config
    const adapters = { adapter, lora: { alpha: null, targets: null, ...lora }, seed: 0 }
    const { source } = await orThrow(openModel(name, adapters, terminal.note))
    const { program, isResident } = modelPrograms(source.config, sizeOfProgram(config))[config.program]()
    const lines = planLines(factsOf(planOf(program), isResident))
    terminal.write(`${name}, program ${program.name}:\n${lines.join('\n')}\n`)
    return exitCodes.done
  },
}
