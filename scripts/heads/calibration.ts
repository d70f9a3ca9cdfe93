import { HEADS } from '../../src/domain/heads.ts'

/** What turns a logit into one whose probability is right: `slope · logit + offset`. */
export interface Line {
  readonly slope: number
  readonly offset: number
}

/** A line for each head, by logistic regression on its logits (Platt), with Newton's method. */
export function fitLines(logits: readonly Float64Array[], truth: readonly Float32Array[]): Line[] {
  return HEADS.map((_, k) => {
    let [slope, offset] = [1, 0]
    for (let step = 0; step < 50; step++) {
      let [gs, go, ss, so, oo] = [0, 0, 1e-6, 0, 1e-6]
      for (const [i, row] of logits.entries()) {
        const z = row[k] as number
        const p = 1 / (1 + Math.exp(-(slope * z + offset)))
        const error = p - (truth[i]![k] as number)
        const weight = p * (1 - p)
        gs += error * z
        go += error
        ss += weight * z * z
        so += weight * z
        oo += weight
      }
      const determinant = ss * oo - so * so
      const [ds, dof] = [(oo * gs - so * go) / determinant, (ss * go - so * gs) / determinant]
      slope -= ds
      offset -= dof
      if (Math.abs(ds) + Math.abs(dof) < 1e-9) break
    }
    return { slope, offset }
  })
}
