import { execFileSync } from 'node:child_process'
import * as E from 'fp-ts/lib/Either.js'
import { firstValueFrom, from, lastValueFrom, type Observable, of } from 'rxjs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Reward } from '#lib/rollout/reward.js'
import { mathVerifierInWorkers } from '#lib/reward/worker/math-verifier-in-workers.js'
import {
  type VerifierInWorkers,
  verifierInWorkers,
  type WorkersOptions,
} from '#lib/reward/worker/verifier-in-workers.js'
import { reward } from '#operators/reward.js'
import { aCompletion, aGroup, aPrompt } from '#testing.js'
import { PATIENCE } from '../../../patience.js'

/** Verifier that does what the completion says. The answer contains the number of its thread. */
const module = `data:text/javascript,${encodeURIComponent(`
  import { threadId } from 'node:worker_threads'
  let checks = 0
  export const obedient = ({ right, turns, ends }) => async ({ reference }, { text, tokens }) => {
    checks++
    if (text === 'hang') for (;;) if (turns) Atomics.add(turns, 0, 1)
    if (text === 'never') await new Promise(() => undefined)
    if (text === 'throw') throw new RangeError('cannot judge ' + reference)
    if (text === 'exit') process.exit(3)
    if (text === 'exit once' && Atomics.add(ends, 0, 1) === 0) process.exit(3)
    if (text === 'fill') for (const hoard = []; ; ) hoard.push(new Array(1e4).fill(checks))
    if (text === 'wait') await new Promise((resolve) => setTimeout(resolve, 100))
    return { value: tokens.length, correct: text === right, answer: threadId + '/' + checks }
  }
  export const silent = () => () => []
  const throwing = { get: () => { throw new Error('not to be read') } }
  export const hostile = () => async (_, { text }) => {
    if (text === 'toString') throw { toString: throwing.get }
    if (text === 'message') throw Object.defineProperty(new Error(), 'message', throwing)
    if (text === 'name') throw Object.assign(new Error('named'), { name: Symbol('name') })
    if (text === 'bare') throw Object.create(null)
    return { value: 1, correct: true }
  }
  export const notOne = 7`)}`

/** Counts the turns of checks that hang, in all threads together. */
const turns = new Int32Array(new SharedArrayBuffer(4))
/** Number of checks that ended their thread at the first try. */
const ends = new Int32Array(new SharedArrayBuffer(4))
const isTurning = async () => {
  const seen = turns[0]
  await new Promise((resolve) => setTimeout(resolve, 50))
  return turns[0] !== seen
}
const untilTurning = (is: boolean) => vi.waitFor(async () => expect(await isTurning()).toBe(is), PATIENCE)

const openVerifiers: VerifierInWorkers[] = []
afterEach(() => Promise.all(openVerifiers.splice(0).map((verifier) => verifier.close())))

const open = (options: WorkersOptions = {}, name = 'obedient'): ((text: string) => Promise<Reward>) => {
  const source = { module, name, options: { right: 'yes', turns, ends } }
  const verifier = verifierInWorkers(source, { threads: 1, timeLimit: PATIENCE, ...options })
  openVerifiers.push(verifier)
  return (text) => lastValueFrom(from(verifier.verifier(aPrompt(), aCompletion(2, { text }))))
}

const wrong = (fault: string, value = -1) => ({ value, correct: false, fault })

describe('verifierInWorkers', () => {
  it('returns the reward of a verifier that the worker made with its options', async () => {
    const judge = open()
    expect(await judge('yes')).toMatchObject({ value: 2, correct: true })
    expect(await judge('no')).toMatchObject({ value: 2, correct: false })
  })

  it('uses a thread again for the next check', async () => {
    const judge = open()
    const answers = [await judge('yes'), await judge('yes')].map(({ answer }) => answer!.split('/'))
    expect(answers[0]![0]).toBe(answers[1]![0])
    expect(answers.map(([, checks]) => checks)).toEqual(['1', '2'])
  })

  it.each(['hang', 'never'])('ends a check that takes too long (%s), and the next one works', async (text) => {
    const judge = open({ timeLimit: 200 })
    expect(await judge(text)).toEqual(wrong('timed-out'))
    // A busy machine can take longer for a new thread than the time limit of this check.
    await vi.waitFor(async () => expect(await judge('yes')).toMatchObject({ correct: true }), PATIENCE)
    await untilTurning(false)
  })

  it('ends a check that takes too much memory, and the next one works', async () => {
    const judge = open({ timeLimit: 20_000, memoryLimit: 32, rewardScale: 'binary' })
    expect(await judge('fill')).toEqual(wrong('out-of-memory', 0))
    expect(await judge('yes')).toMatchObject({ correct: true })
  })

  it('passes on an exception of the verifier and keeps its thread', async () => {
    const judge = open()
    const { answer } = await judge('yes')
    await expect(judge('throw')).rejects.toThrow(
      expect.objectContaining({ name: 'RangeError', message: 'cannot judge answer of p' }),
    )
    expect((await judge('yes')).answer).toBe(answer!.replace('/1', '/3'))
  })

  it('makes a check once more whose thread ended by itself', async () => {
    const judge = open()
    await judge('yes')
    expect(await judge('exit once')).toMatchObject({ value: 2, answer: expect.stringMatching(/\/1$/) as string })
    expect(ends[0]).toBe(2)
  })

  it('reports a check that ends every thread, and the next check works', async () => {
    const judge = open()
    await expect(judge('exit')).rejects.toThrow("the verifier's worker ended, exit code 3")
    expect(await judge('yes')).toMatchObject({ correct: true })
  })

  it('completes without a reward if the verifier does', async () => {
    await expect(open({}, 'silent')('yes')).rejects.toThrow('no elements in sequence')
  })

  it.each([
    ['notOne', /found no function notOne, expected one that makes a verifier/],
    ['missing', /found no function missing, expected one that makes a verifier/],
  ])('an export that makes no verifier (%s) fails every check', async (name, message) => {
    const judge = open({}, name)
    await expect(judge('yes')).rejects.toThrow(message)
    await expect(judge('yes')).rejects.toThrow(message)
  })

  it('fails every check if the module is missing', async () => {
    const { verifier, close } = verifierInWorkers({ module: 'file:///no/such.js', name: 'x', options: {} })
    await expect(firstValueFrom(verifier(aPrompt(), aCompletion()) as Observable<Reward>)).rejects.toThrow(/such\.js/)
    await close()
  })

  it('fails only the check of a prompt that cannot be sent to a thread', async () => {
    const { verifier, close } = verifierInWorkers({ module, name: 'obedient', options: { right: 'yes' } })
    const check = (prompt: object) =>
      firstValueFrom(verifier({ ...aPrompt(), ...prompt }, aCompletion(1, { text: 'yes' })) as Observable<Reward>)
    await expect(check({ extra: () => 7 })).rejects.toThrow(/could not be cloned/)
    expect(await check({})).toMatchObject({ correct: true })
    await close()
  })

  it('starts no more threads than its limit', async () => {
    const judge = open({ threads: 2 })
    const answers = await Promise.all(Array.from({ length: 6 }, () => judge('wait')))
    expect(new Set(answers.map(({ answer }) => answer!.split('/')[0])).size).toBe(2)
  })

  it('runs checks in the order of their subscription', async () => {
    const judge = open()
    const answers = await Promise.all(['wait', 'yes', 'no', 'yes'].map(judge))
    expect(answers.map(({ answer }) => answer!.split('/')[1])).toEqual(['1', '2', '3', '4'])
  })

  it('runs other checks while one hangs', async () => {
    const judge = open({ threads: 2, timeLimit: PATIENCE })
    const hanging = expect(judge('hang')).rejects.toThrow('the verifier is closed')
    await untilTurning(true)
    expect(await judge('yes')).toMatchObject({ correct: true })
    expect(await judge('yes')).toMatchObject({ correct: true })
    expect(await isTurning()).toBe(true)
    await openVerifiers[0]!.close()
    await hanging
  })

  it('counts the time limit of `reward` from the start of a check, so that hanging checks cost no verdict behind them', async () => {
    const { verifier, close } = verifierInWorkers(
      { module, name: 'obedient', options: { right: 'yes' } },
      { threads: 2, timeLimit: 700 },
    )
    const texts = [...new Array<string>(6).fill('hang'), ...new Array<string>(6).fill('yes')]
    const group = aGroup({ completions: texts.map((text) => aCompletion(2, { text })) })
    const judged$ = of(group).pipe(reward(verifier, { timeLimit: 1500 }))
    const { rewards_G } = await lastValueFrom(judged$)
    expect(
      rewards_G.map((verdict) => (E.isRight(verdict) ? (verdict.right.fault ?? verdict.right.correct) : verdict)),
    ).toEqual([...new Array<string>(6).fill('timed-out'), ...new Array<boolean>(6).fill(true)])
    await close()
  }, 60_000)

  it('may be closed twice', async () => {
    const judge = open()
    await judge('yes')
    await Promise.all([openVerifiers[0]!.close(), openVerifiers[0]!.close()])
    await openVerifiers[0]!.close()
    await expect(judge('yes')).rejects.toThrow('the verifier is closed')
  })

  it.each(['toString', 'message', 'name', 'bare'])(
    'passes on a thrown object that cannot be read: %s',
    async (text) => {
      const judge = open({}, 'hostile')
      await expect(judge(text)).rejects.toThrow(Error)
      expect(await judge('yes')).toMatchObject({ correct: true })
    },
  )

  it('ends a check after unsubscription, and frees its place', async () => {
    const { verifier, close } = verifierInWorkers(
      { module, name: 'obedient', options: { right: 'yes', turns } },
      { threads: 1, timeLimit: 100_000 },
    )
    const check = (text: string) => verifier(aPrompt(), aCompletion(2, { text })) as Observable<Reward>
    const hanging = check('hang').subscribe()
    const waiting = check('yes').subscribe(() => expect.fail('it was given up'))
    const next = firstValueFrom(check('yes'))
    await untilTurning(true)
    waiting.unsubscribe()
    hanging.unsubscribe()
    await untilTurning(false)
    expect(await next).toMatchObject({ correct: true })
    await close()
  })

  it('fails running, waiting and later checks after it is closed', async () => {
    const judge = open({ timeLimit: 100_000 })
    const checks = [judge('hang'), judge('yes')].map((check) => expect(check).rejects.toThrow('the verifier is closed'))
    await openVerifiers[0]!.close()
    await Promise.all(checks)
    await untilTurning(false)
    await expect(judge('yes')).rejects.toThrow('the verifier is closed')
  })

  it('does not keep the process alive', () => {
    const program = `
      import { mathVerifierInWorkers } from 'entrain/node'
      import { lastValueFrom } from 'rxjs'
      const { verifier } = mathVerifierInWorkers({ threads: 1, rewardScale: 'binary' })
      const completion = { text: '\\\\boxed{7}', tokens: new Int32Array(1), logprobs_T: new Float32Array(1) }
      const { value } = await lastValueFrom(verifier({ id: 'p', reference: '\\\\sqrt{2}' }, completion))
      console.log(value)`
    const args = ['--input-type=module', '--eval', program]
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: PATIENCE })).toBe('0\n')
  })

  it.each([
    [{ threads: 0 }, 'threads: found 0, expected a positive integer'],
    [{ threads: 1.5 }, 'threads: found 1.5, expected a positive integer'],
    [{ timeLimit: 0 }, 'timeLimit: found 0, expected a number in (0, 2^31)'],
    [{ timeLimit: Infinity }, 'timeLimit: found Infinity, expected a number in (0, 2^31)'],
    [{ memoryLimit: NaN }, 'memoryLimit: found NaN, expected a number in (0, 2^31)'],
    [{ rewardScale: 'ternary' } as never, 'rewardScale: found "ternary", expected one of signed, binary'],
  ])('refuses %j', (options, message) => {
    expect(() => verifierInWorkers({ module, name: 'obedient', options: {} }, options)).toThrow(message)
  })
})

describe('mathVerifierInWorkers', () => {
  it('returns the same rewards as the verifier', async () => {
    const math = mathVerifierInWorkers({ threads: 1, rewardScale: 'binary', mustMark: true })
    openVerifiers.push(math)
    const judge = (text: string) =>
      lastValueFrom(from(math.verifier(aPrompt('p', { reference: '\\boxed{2\\sqrt{2}}' }), aCompletion(2, { text }))))
    expect(await judge('\\boxed{\\sqrt{8}}')).toEqual({ value: 1, correct: true, answer: '2\\sqrt{2}' })
    expect(await judge('\\boxed{3}')).toEqual({ value: 0, correct: false, answer: '3' })
    expect(await judge('it is 3')).toEqual(wrong('no-answer', 0))
  })
})
