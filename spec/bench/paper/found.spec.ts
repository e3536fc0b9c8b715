import { expect, it } from 'vitest'
import { hasOwnFilter, heldArm, predictedAlgorithms } from '#bench/paper/predictions.js'
import { studyRuns } from '#bench/paper/runs.js'
import { scales } from '#bench/paper/scale.js'
import { entropySlope, measureTracking, readStudy, select } from '#bench/paper/study.js'
import { mean } from '#lib/statistics.js'
import { algorithms } from '#pipelines/algorithms/index.js'

const study = await readStudy(scales.full, studyRuns(scales.full, ['algorithms']), 'docs/paper/runs')
const recordsOf = (arm: string) => select(study, { part: 'algorithms', arm })
const rounded = (value: number) => Math.round(100 * value) / 100

it.each(predictedAlgorithms.filter(({ name, algorithm }) => name === algorithm))(
  '$name says what the study found',
  (each) => {
    const held = hasOwnFilter(each) ? each.name : heldArm(each.name)
    expect(algorithms[each.algorithm].found).toEqual({
      fall: rounded(-mean(recordsOf(each.name).map(entropySlope))),
      inside: rounded(mean(recordsOf(held).map((run) => measureTracking(run).inside))),
    })
  },
)
