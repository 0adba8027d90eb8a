export { type ArchitecturePlan, planArchitecture } from "./architecture.ts";
export { checkUnshare, type UnshareCheckDeps } from "./backend-unshare.ts";
export { CHROOT_JOB, type ChrootStep } from "./chroot-maker.ts";
export {
  type ChrootService,
  type ChrootServiceDeps,
  createChrootService,
  type DueChroot,
  type Remade,
} from "./chroot-service.ts";
export { type Chroot, chrootName, findChroot, listChroots, updateChroot } from "./chroot-store.ts";
export { inLintianRoot } from "./lintian-root.ts";
export { NAMESPACE } from "./tarball.ts";
export type { ReadyChroot } from "./tarball-files.ts";
