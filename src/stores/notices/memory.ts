import { dropOldest } from '../../domain/maps.ts'
import {
  BRANDS_AT_ONCE,
  BRANDS_WITH_NOTICES,
  type BrandNotices,
  type LearnedNotice,
  NOTICES_OF_BRAND,
  type NoticeStore,
} from '../../domain/notices.ts'

interface Known {
  /** By id, least recently learned first. */
  readonly notices: Map<string, LearnedNotice>
  changed: number
}

/** Notices of a single process: embedded mode, or a service without Redis. They are not persisted. */
export class MemoryNoticeStore implements NoticeStore {
  readonly #brands = new Map<string, Known>()
  #changes = 0

  async learn(notices: readonly LearnedNotice[]): Promise<void> {
    for (const notice of notices) {
      const known = this.#changed(notice.brand)
      known.notices.delete(notice.id)
      known.notices.set(notice.id, notice)
      dropOldest(known.notices, NOTICES_OF_BRAND)
    }
    dropOldest(this.#brands, BRANDS_WITH_NOTICES)
  }

  async forget(notices: readonly Pick<LearnedNotice, 'brand' | 'id'>[]): Promise<void> {
    for (const { brand, id } of notices)
      if (this.#brands.get(brand)?.notices.has(id)) this.#changed(brand).notices.delete(id)
  }

  async changes(mark: string | undefined): Promise<{ brands: BrandNotices[]; mark: string }> {
    const after = Number(mark ?? 0)
    const changed = [...this.#brands].filter(([, known]) => known.changed > after).slice(0, BRANDS_AT_ONCE)
    const brands = changed.map(([brand, { notices }]) => ({ brand, notices: [...notices.values()] }))
    return { brands, mark: String(changed.at(-1)?.[1].changed ?? this.#changes) }
  }

  #changed(brand: string): Known {
    const known = this.#brands.get(brand) ?? { notices: new Map(), changed: 0 }
    known.changed = ++this.#changes
    this.#brands.delete(brand)
    this.#brands.set(brand, known)
    return known
  }
}
