/** A proxy of the target with some members replaced; the others keep the target as their `this`. */
export function delegate<T extends object>(target: T, over: Partial<T>): T {
  return new Proxy(target, {
    get(_target, name) {
      if (Object.hasOwn(over, name)) return Reflect.get(over, name)
      const member = Reflect.get(target, name, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
