export { type ArchitecturePlan, planArchitecture } from "./architecture.ts";
export { checkUnshare, type UnshareCheckDeps } from "./backend-unshare.ts";
export {
  CHROOT_JOB,
  type ChrootService,
  type ChrootServiceDeps,
  createChrootService,
} from "./chroot-service.ts";
export { type Chroot, chrootName, listChroots } from "./chroot-store.ts";
export { type ChrootBlock, EATMYDATA } from "./mmdebstrap.ts";
export type { ReadyChroot } from "./tarball-files.ts";
