/** Passes of subspace iteration: the directions of text vectors part quickly. */
const PASSES = 60

/** The first `count` principal components of vectors less their mean, by subspace iteration. Deterministic. */
export function principalComponents(vectors: readonly Float32Array[], count: number) {
  const size = vectors[0]!.length
  const mean = new Float64Array(size)
  for (const vector of vectors) for (let i = 0; i < size; i++) mean[i]! += vector[i]! / vectors.length
  const covariance = covarianceOf(vectors, mean)
  let basis = Array.from({ length: count }, (_, k) =>
    Float64Array.from({ length: size }, (_, i) => Math.sin((k + 1) * (i + 1))),
  )
  for (let pass = 0; pass < PASSES; pass++)
    basis = orthonormal(basis.map((vector) => covariance.map((row) => dot(row, vector))))
  return {
    project: (vector: Float32Array) => {
      const centred = Float64Array.from(vector, (value, i) => value - mean[i]!)
      return basis.map((direction) => dot(direction, centred))
    },
  }
}

function covarianceOf(vectors: readonly Float32Array[], mean: Float64Array): Float64Array[] {
  const size = mean.length
  const covariance = Array.from({ length: size }, () => new Float64Array(size))
  for (const vector of vectors)
    for (let i = 0; i < size; i++) {
      const row = covariance[i]!
      const value = (vector[i]! - mean[i]!) / vectors.length
      for (let j = 0; j < size; j++) row[j]! += value * (vector[j]! - mean[j]!)
    }
  return covariance
}

function dot(a: Float64Array, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** Gram-Schmidt. */
function orthonormal(vectors: readonly number[][]): Float64Array<ArrayBuffer>[] {
  const done: Float64Array<ArrayBuffer>[] = []
  for (const vector of vectors) {
    const left = Float64Array.from(vector)
    for (const other of done) {
      const along = dot(other, left)
      for (let i = 0; i < left.length; i++) left[i]! -= along * other[i]!
    }
    const length = Math.sqrt(dot(left, left)) || 1
    done.push(left.map((value) => value / length))
  }
  return done
}
