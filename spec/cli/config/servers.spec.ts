import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { loadTrainConfig } from '#cli/config/load-train-config.js'
import { trainCommand } from '#cli/commands/train.js'
import { parseFlags } from '#cli/parse-flags.js'

const load = async (line: string) => {
  const parsed = parseFlags(trainCommand.flags, trainCommand.positionals, line.split(' '))
  if (E.isLeft(parsed)) throw parsed.left
  return loadTrainConfig(parsed.right.flags)()
}
const problemsOf = async (line: string) => {
  const config = await load(line)
  return E.isLeft(config) ? config.left.problems : []
}

const rollouts = '--rollouts http://10.0.0.7:8000'
const learner = '--learner tinker+http://10.0.0.8:8000 --base-model q'

describe('servers of a configuration', () => {
  it('are addresses, with the folders and the names that they need', async () => {
    const line =
      '--rollouts http://a:1,https://b/v --rollout-kind sglang --adapter-dir /mnt/here --adapter-path-on-server /mnt/there --rollout-prompts 8 --rollout-timeout 1800'
    expect(await load(line)).toMatchObject({
      right: {
        rollouts: ['http://a:1', 'https://b/v'],
        rolloutKind: 'sglang',
        adapterDir: '/mnt/here',
        adapterPathOnServer: '/mnt/there',
        rolloutPrompts: 8,
        rolloutTimeout: 1800,
      },
    })
    expect(await load(`${learner} ${rollouts}`)).toMatchObject({
      right: { rollouts: ['http://10.0.0.7:8000'], learner: 'tinker+http://10.0.0.8:8000' },
    })
    expect(await load(learner)).toMatchObject({
      right: { rollouts: null, learner: 'tinker+http://10.0.0.8:8000', baseModel: 'q' },
    })
  })

  it('turn the default clipping of gradients off if they train', async () => {
    expect(await load(learner)).toMatchObject({ right: { gradientClip: null } })
    expect(await load(`${learner} --gradient-clip 2`)).toMatchObject({ right: { gradientClip: 2 } })
    expect(await load(rollouts)).toMatchObject({ right: { gradientClip: 1 } })
  })

  it.each([
    ['--rollouts 10.0.0.7', 'found "10.0.0.7", expected an address such as http://10.0.0.7:8000'],
    ['--rollouts http://a,ftp://b', 'address 2: found the protocol ftp:, expected an address such as http'],
    ['--rollouts http://a,http://a', 'found the server "http://a" twice, expected each server once'],
    ['--rollouts http://a:80,http://b,http://A/', 'found the server "http://a" twice'],
    ['--rollouts http://a:8000/v1,http://a:8000', 'found the server "http://a:8000" twice'],
    ['--rollouts http://a/x,http://a/x/v1/', 'found the server "http://a/x" twice'],
    [
      '--learner http://10.0.0.8 --base-model q',
      'found "http://10.0.0.8", expected an address such as tinker+http://10.0.0.8:8000',
    ],
    [
      '--learner tinker+nothing --base-model q',
      'found "nothing", expected an address such as tinker+http://10.0.0.8:8000',
    ],
    ['--rollout-kind sglang', 'found "sglang" without rollouts, expected "vllm", because it has no effect then'],
    ['--rollout-prompts 8', 'found 8 without rollouts, expected 32, because it has no effect then'],
    ['--rollout-timeout 1800', 'found 1800 without rollouts, expected 600, because it has no effect then'],
    [`${rollouts} --rollout-prompts 0`, 'found 0, expected an integer >= 1'],
    [`${rollouts} --rollout-timeout 3000000`, 'found 3000000, expected seconds in (0, 2147483]'],
    ['--adapter-dir x', 'found "x" without rollouts, expected none'],
    ['--adapter-path-on-server x', 'found "x" without rollouts, expected none'],
    ['--rollout-key-file x', 'found "x" without rollouts, expected none'],
    ['--learner-key-file x', 'found "x" without learner, expected none'],
    ['--base-model x', 'found "x" without rollouts and without learner, expected none'],
    ['--learner tinker+http://a', 'found none, expected the name of the model that the service of --learner trains'],
    [`${rollouts} --rollout-kind sglang --base-model q`, 'found "q" with SGLang, expected none'],
    [`${rollouts} ${learner} --top-k 5`, 'found 5, expected 0, because the service of --learner returns log-probs'],
    [`${rollouts} --rollout-weights int8`, 'found int8 with servers that sample, expected float32'],
    [`${learner} --gradient-spike skip`, 'found "skip", expected none, because the service of --learner has none'],
    [`${learner} --adapter x`, 'found "x", expected none, because the service of --learner begins with new adapters'],
    [`${learner} --lora-rank 0`, 'found 0, expected the rank of adapters'],
    [`${learner} --lora-rank 4 --lora-alpha 8`, 'found 8, expected none, because the service of --learner chooses it'],
    [`${learner} --temperature 0.7`, 'found 0.7, expected 1, because the service of --learner returns log-probs at'],
    [`${learner} --score-temperature 1`, 'found 1, expected none, because the service of --learner returns log-probs'],
    [`${learner} --top-k 5`, 'found 5, expected 0, because the service of --learner returns log-probs'],
  ])('%s is refused', async (line, message) => {
    expect(await problemsOf(line)).toEqual([expect.stringContaining(message) as string])
  })

  it('are refused in a file at their line', async () => {
    expect(await problemsOf('--rollouts ,http://a')).toEqual([expect.stringContaining('--rollouts') as string])
  })

  it.each([
    '--rollouts http://user:hunter2@10.0.0.7',
    '--rollouts user:hunter2@10.0.0.7',
    '--learner tinker+http://user:hunter2@10.0.0.8',
    '--learner user:hunter2@10.0.0.8',
    '--rollouts http://user:hunter2@a,http://user:hunter2@a',
  ])('with a password are refused without repeating it: %s', async (line) => {
    const problems = await problemsOf(line)
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.join()).not.toContain('hunter2')
  })
})
