#!/bin/bash

__guild_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__guild_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__guild_add_completions() {
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__guild_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}"
}

_guild() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local -r cur="${2}"
    local -r prev="${3}"

    local -i positional_number
    local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

    local -a repeating_flags=()
    local -a non_repeating_flags=(--version -h --help)
    local -a repeating_options=()
    local -a non_repeating_options=()
    __guild_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    init|run|serve|ps|cancel|dispatch|budget|registry|schedule|audit|ledger|status|completions|help)
        # Offer subcommand argument completions
        "_guild_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'init run serve ps cancel dispatch budget registry schedule audit ledger status completions help' -- "${cur}"))
        ;;
    esac
}

_guild_init() {
    repeating_flags=()
    non_repeating_flags=(--quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(-o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -d
        return
        ;;
    esac
}

_guild_run() {
    repeating_flags=()
    non_repeating_flags=(--dry-run --trust-codex --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=(--var --on)
    non_repeating_options=(-i --input --event --model --budget --resume --record --replay --approve --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-i'|'--input')
        __guild_add_completions -f
        return
        ;;
    '--event')
        __guild_add_completions -f
        return
        ;;
    '--var')
        return
        ;;
    '--model')
        return
        ;;
    '--budget')
        return
        ;;
    '--resume')
        return
        ;;
    '--on')
        return
        ;;
    '--record')
        __guild_add_completions -f
        return
        ;;
    '--replay')
        __guild_add_completions -f
        return
        ;;
    '--approve')
        __guild_add_completions -W 'ask'$'\n''all'$'\n''none'
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion run -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_serve() {
    repeating_flags=()
    non_repeating_flags=(--once --trust-codex --stream --worktree --version -h --help)
    repeating_options=(--trusted-proxy --host)
    non_repeating_options=(--listen --follow --follow-interval --signers --codex --rev --ledger --log-level --log-format)
    __guild_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--listen')
        return
        ;;
    '--trusted-proxy')
        return
        ;;
    '--host')
        return
        ;;
    '--follow')
        return
        ;;
    '--follow-interval')
        return
        ;;
    '--signers')
        __guild_add_completions -f
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __guild_add_completions -W 'webhook-gateway'$'\n''scheduler'$'\n''registry'$'\n''dispatcher'$'\n''executor'$'\n''action-executor'
        return
        ;;
    esac
}

_guild_ps() {
    repeating_flags=()
    non_repeating_flags=(--all -a --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=(--state)
    non_repeating_options=(--agent --since -n --limit --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--agent')
        __guild_add_completions -W "$(__guild_custom_complete ---completion ps -- --agent "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    '--state')
        __guild_add_completions -W 'queued'$'\n''running'$'\n''awakening'$'\n''active'$'\n''cooling'$'\n''waiting'$'\n''ended'$'\n''succeeded'$'\n''failed'$'\n''cancelled'$'\n''expired'
        return
        ;;
    '--since')
        return
        ;;
    '-n'|'--limit')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_cancel() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--agent --root --reason --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--agent')
        __guild_add_completions -W "$(__guild_custom_complete ---completion cancel -- --agent "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    '--root')
        return
        ;;
    '--reason')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_dispatch() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __guild_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    send|match|explain|queue|dead-letters|backtest)
        # Offer subcommand argument completions
        "_guild_dispatch_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'send match explain queue dead-letters backtest' -- "${cur}"))
        ;;
    esac
}

_guild_dispatch_send() {
    repeating_flags=()
    non_repeating_flags=(--dry-run --wait --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--type --source --data --subject --system --guildevent --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--type')
        return
        ;;
    '--source')
        return
        ;;
    '--data')
        return
        ;;
    '--subject')
        return
        ;;
    '--system')
        return
        ;;
    '--guildevent')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __guild_add_completions -f
        return
        ;;
    esac
}

_guild_dispatch_match() {
    repeating_flags=()
    non_repeating_flags=(--quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(-o --output --color)
    __guild_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -f
        return
        ;;
    2)
        __guild_add_completions -f
        return
        ;;
    esac
}

_guild_dispatch_explain() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_dispatch_queue() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(-n --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '-n')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_dispatch_dead-letters() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __guild_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    list|show|retry|drop)
        # Offer subcommand argument completions
        "_guild_dispatch_dead-letters_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'list show retry drop' -- "${cur}"))
        ;;
    esac
}

_guild_dispatch_dead-letters_list() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--agent -n --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--agent')
        return
        ;;
    '-n')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_dispatch_dead-letters_show() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_dispatch_dead-letters_retry() {
    repeating_flags=()
    non_repeating_flags=(--all --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--agent --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--agent')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_dispatch_dead-letters_drop() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--reason --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--reason')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_dispatch_backtest() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--since --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--since')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_budget() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __guild_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    report|show|grant|throttle|verify|forecast)
        # Offer subcommand argument completions
        "_guild_budget_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'report show grant throttle verify forecast' -- "${cur}"))
        ;;
    esac
}

_guild_budget_report() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--by --since --until --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--by')
        __guild_add_completions -W 'agent'$'\n''chapter'$'\n''model'$'\n''day'$'\n''root'
        return
        ;;
    '--since')
        return
        ;;
    '--until')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_budget_show() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion budget show -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_budget_grant() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--reason --cost --period --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '--reason')
        return
        ;;
    '--cost')
        return
        ;;
    '--period')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion budget grant -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_budget_throttle() {
    repeating_flags=()
    non_repeating_flags=(--lift --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--until --period --reason --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '--until')
        return
        ;;
    '--period')
        return
        ;;
    '--reason')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_budget_verify() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_budget_forecast() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--days --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--days')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_registry() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __guild_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    list|show|validate|connectors|health|trust|pause|resume|plan|history|rollback|install-hook)
        # Offer subcommand argument completions
        "_guild_registry_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'list show validate connectors health trust pause resume plan history rollback install-hook' -- "${cur}"))
        ;;
    esac
}

_guild_registry_list() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--type --chapter --capability --status --label --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--type')
        return
        ;;
    '--chapter')
        return
        ;;
    '--capability')
        return
        ;;
    '--status')
        __guild_add_completions -W 'active'$'\n''dormant'$'\n''degraded'$'\n''paused'
        return
        ;;
    '--label')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_registry_show() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion registry show -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_registry_validate() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -d
        return
        ;;
    esac
}

_guild_registry_connectors() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_registry_health() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __guild_add_completions -W "$(__guild_custom_complete ---completion registry health -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_registry_trust() {
    repeating_flags=()
    non_repeating_flags=(--all --revoke --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_registry_pause() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--reason --for --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--reason')
        return
        ;;
    '--for')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion registry pause -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_registry_resume() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion registry resume -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_registry_plan() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_registry_history() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(-l --limit --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '-l'|'--limit')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion registry history -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_registry_rollback() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_registry_install-hook() {
    repeating_flags=()
    non_repeating_flags=(--uninstall --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--signers --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--signers')
        __guild_add_completions -f
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_schedule() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __guild_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    list|next|preview|missed|trigger|backfill|pause|resume)
        # Offer subcommand argument completions
        "_guild_schedule_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'list next preview missed trigger backfill pause resume' -- "${cur}"))
        ;;
    esac
}

_guild_schedule_list() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_schedule_next() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(-n --expr --timezone --from --dst --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '-n')
        return
        ;;
    '--expr')
        return
        ;;
    '--timezone')
        return
        ;;
    '--from')
        return
        ;;
    '--dst')
        __guild_add_completions -W 'debian'$'\n''skip'$'\n''both'
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion schedule next -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_schedule_preview() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--from --to --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--from')
        return
        ;;
    '--to')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion schedule preview -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_schedule_missed() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--since --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--since')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion schedule missed -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_schedule_trigger() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion schedule trigger -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_schedule_backfill() {
    repeating_flags=()
    non_repeating_flags=(--dry-run --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--from --to --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--from')
        return
        ;;
    '--to')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion schedule backfill -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_schedule_pause() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--for --reason --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--for')
        return
        ;;
    '--reason')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion schedule pause -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_schedule_resume() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W "$(__guild_custom_complete ---completion schedule resume -- positional@0 "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_guild_audit() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __guild_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    log|show|verify|anchor|proof|export|approvals|approve|reject)
        # Offer subcommand argument completions
        "_guild_audit_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'log show verify anchor proof export approvals approve reject' -- "${cur}"))
        ;;
    esac
}

_guild_audit_log() {
    repeating_flags=()
    non_repeating_flags=(--follow -f --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--agent --event --invocation --kind --actor --subject --root --since --until -n --limit --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--agent')
        __guild_add_completions -W "$(__guild_custom_complete ---completion audit log -- --agent "${COMP_CWORD}" "$(__guild_cursor_index_in_current_word)")"
        return
        ;;
    '--event')
        return
        ;;
    '--invocation')
        return
        ;;
    '--kind')
        return
        ;;
    '--actor')
        return
        ;;
    '--subject')
        return
        ;;
    '--root')
        return
        ;;
    '--since')
        return
        ;;
    '--until')
        return
        ;;
    '-n'|'--limit')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_audit_show() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_audit_verify() {
    repeating_flags=()
    non_repeating_flags=(--incremental --full --anchored --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--from --anchor-from --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--from')
        return
        ;;
    '--anchor-from')
        __guild_add_completions -f
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_audit_anchor() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--push --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--push')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_audit_proof() {
    repeating_flags=()
    non_repeating_flags=(--anchored --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--size --check --anchor-from --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--size')
        return
        ;;
    '--check')
        __guild_add_completions -f
        return
        ;;
    '--anchor-from')
        __guild_add_completions -f
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_audit_export() {
    repeating_flags=()
    non_repeating_flags=(--worktree --version -h --help)
    repeating_options=()
    non_repeating_options=(--from --until --to --codex --rev --ledger --log-level --log-format)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--from')
        return
        ;;
    '--until')
        return
        ;;
    '--to')
        __guild_add_completions -f
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_guild_audit_approvals() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_audit_approve() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--reason --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--reason')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_audit_reject() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--reason --codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--reason')
        return
        ;;
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_ledger() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __guild_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    backup|restore|check|prune|use)
        # Offer subcommand argument completions
        "_guild_ledger_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'backup restore check prune use' -- "${cur}"))
        ;;
    esac
}

_guild_ledger_backup() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -d
        return
        ;;
    esac
}

_guild_ledger_restore() {
    repeating_flags=()
    non_repeating_flags=(--force --foreign --dry-run --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -d
        return
        ;;
    esac
}

_guild_ledger_check() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_ledger_prune() {
    repeating_flags=()
    non_repeating_flags=(--dry-run --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_ledger_use() {
    repeating_flags=()
    non_repeating_flags=(--new --foreign --worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -f
        return
        ;;
    esac
}

_guild_status() {
    repeating_flags=()
    non_repeating_flags=(--worktree --quiet -q --raw-cells --version -h --help)
    repeating_options=()
    non_repeating_options=(--codex --rev --ledger --log-level --log-format -o --output --color)
    __guild_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--codex')
        __guild_add_completions -d
        return
        ;;
    '--rev')
        return
        ;;
    '--ledger')
        return
        ;;
    '--log-level')
        __guild_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __guild_add_completions -W 'text'$'\n''json'
        return
        ;;
    '-o'|'--output')
        __guild_add_completions -W 'table'$'\n''json'$'\n''yaml'$'\n''csv'
        return
        ;;
    '--color')
        __guild_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_guild_completions() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __guild_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __guild_add_completions -W 'bash'$'\n''zsh'$'\n''fish'
        return
        ;;
    esac
}

_guild_help() {
    repeating_flags=()
    non_repeating_flags=(--version)
    repeating_options=()
    non_repeating_options=()
    __guild_offer_flags_options -1
}

complete -o filenames -F _guild guild
