/** A row of a design matrix of zeros and ones: the columns that are one, and the truth. */
export interface Example {
  readonly columns: readonly number[]
  readonly positive: boolean
  readonly weight: number
}

export interface Fitted {
  readonly bias: number
  readonly weights: readonly number[]
}

/**
 * Logistic regression with a ridge penalty (`ridge` per weight, none on the bias), by Newton's method: the exact optimum
 * of a convex problem, the same on every machine but for rounding.
 */
export function fitLogistic(examples: readonly Example[], width: number, ridge: number): Fitted {
  const size = width + 1
  let beta = new Float64Array(size)
  for (let round = 0; round < 60; round++) {
    const gradient = new Float64Array(size)
    const hessian = Array.from({ length: size }, () => new Float64Array(size))
    for (const { columns, positive, weight } of examples) {
      const all = [width, ...columns]
      const p = sigmoid(all.reduce((sum, c) => sum + beta[c]!, 0))
      const error = weight * ((positive ? 1 : 0) - p)
      const curvature = weight * p * (1 - p)
      for (const c of all) {
        gradient[c]! += error
        const row = hessian[c]!
        for (const d of all) row[d]! += curvature
      }
    }
    for (let c = 0; c < width; c++) {
      gradient[c]! -= ridge * beta[c]!
      hessian[c]![c]! += ridge
    }
    hessian[width]![width]! += 1e-9
    const step = solve(hessian, gradient)
    const longest = Math.max(...step.map(Math.abs))
    // A long step would overshoot where the curvature is small.
    const scale = Math.min(1, 2 / longest)
    beta = beta.map((b, c) => b + scale * step[c]!)
    if (longest < 1e-8) break
  }
  return { bias: beta[width]!, weights: [...beta.slice(0, width)] }
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** Gauss with pivots; the matrix is positive definite. */
function solve(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const n = right.length
  const rows = matrix.map((row, i) => Float64Array.from([...row, right[i]!]))
  for (let c = 0; c < n; c++) {
    let pivot = c
    for (let r = c + 1; r < n; r++) if (Math.abs(rows[r]![c]!) > Math.abs(rows[pivot]![c]!)) pivot = r
    ;[rows[c], rows[pivot]] = [rows[pivot]!, rows[c]!]
    for (let r = c + 1; r < n; r++) {
      const factor = rows[r]![c]! / rows[c]![c]!
      if (factor === 0) continue
      for (let k = c; k <= n; k++) rows[r]![k]! -= factor * rows[c]![k]!
    }
  }
  const x = new Float64Array(n)
  for (let c = n - 1; c >= 0; c--) {
    let sum = rows[c]![n]!
    for (let k = c + 1; k < n; k++) sum -= rows[c]![k]! * x[k]!
    x[c] = sum / rows[c]![c]!
  }
  return x
}
