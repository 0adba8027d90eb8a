export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The scripts only carry words to `mini-buildd complete` and its answer back: a line `values`, `files` or
 * `directories`, then a value a line (for zsh and fish with a tab and its meaning). Nothing of it is ever evaluated.
 */
const BASH = `# bash completion of mini-buildd; load it with: source <(mini-buildd completion bash)
_mini_buildd() {
  local -a reply
  COMPREPLY=()
  mapfile -t reply < <(command mini-buildd complete bash "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  case \${reply[0]-} in
    values) COMPREPLY=("\${reply[@]:1}") ;;
    files) compopt -o default ;;
    directories) compopt -o dirnames ;;
  esac
}
complete -F _mini_buildd mini-buildd mini-buildd-api
`;

const ZSH = `#compdef mini-buildd mini-buildd-api
# zsh completion of mini-buildd; load it with: source <(mini-buildd completion zsh)
_mini-buildd() {
  local -a reply values displays
  local line
  reply=("\${(@f)$(command mini-buildd complete zsh "\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  case $reply[1] in
    values) ;;
    files) _files; return ;;
    directories) _files -/; return ;;
    *) return 1 ;;
  esac
  for line in "\${(@)reply[2,-1]}"; do
    values+=("\${line%%$'\\t'*}")
    displays+=("\${line/$'\\t'/  -- }")
  done
  compadd -l -d displays -a values
}
if [[ \${funcstack[1]-} == _mini-buildd ]]; then
  _mini-buildd "$@"
else
  compdef _mini-buildd mini-buildd mini-buildd-api
fi
`;

const FISH = `# fish completion of mini-buildd; load it with: mini-buildd completion fish | source
function __mini_buildd_complete
    set -l current (commandline -ct)
    set -l plain (string unescape -- "$current"; or printf '%s\\n' "$current")
    set -l reply (command mini-buildd complete fish (commandline -opc) "$plain" 2>/dev/null)
    switch "$reply[1]"
        case values
            printf '%s\\n' $reply | tail -n +2
        case files
            __fish_complete_path "$current"
        case directories
            __fish_complete_directories "$current"
    end
end
complete -c mini-buildd -f -a '(__mini_buildd_complete)'
complete -c mini-buildd-api -f -a '(__mini_buildd_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
