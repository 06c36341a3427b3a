// Package v2 stands for Grafana's package of this path, which not every module proxy serves. The linter needs it for dashboards
// in schema v2 only; the project's are classic. It declares what the linter's source names, so that it compiles; a dashboard in
// schema v2 would be read wrongly and is never given to it.
package v2

type DashboardSpec struct {
	Title       string
	Editable    *bool
	Elements    map[string]DashboardElement
	Variables   []DashboardVariableKind
	Annotations []DashboardAnnotationQueryKind
}

type DashboardElement struct{ PanelKind *DashboardPanelKind }
type DashboardPanelKind struct{ Spec DashboardPanelSpec }
type DashboardPanelSpec struct {
	Id          float64
	Title       string
	Description string
	Data        struct{ Spec struct{ Queries []DashboardPanelQueryKind } }
	VizConfig   struct {
		Group string
		Spec  struct{ FieldConfig, Options any }
	}
}
type DashboardPanelQueryKind struct {
	Spec struct {
		RefId  string
		Hidden bool
		Query  DashboardDataQueryKind
	}
}
type DashboardDataQueryKind struct {
	Group      string
	Datasource *struct{ Name *string }
	Spec       map[string]any
}
type DashboardAnnotationQueryKind struct {
	Spec struct {
		Name  string
		Query DashboardDataQueryKind
	}
}

type DashboardVariableRefresh string

const (
	DashboardVariableRefreshOnTimeRangeChanged DashboardVariableRefresh = "onTimeRangeChanged"
	DashboardVariableRefreshOnDashboardLoad    DashboardVariableRefresh = "onDashboardLoad"
)

type text struct {
	Spec struct {
		Name            string
		Label, AllValue *string
		Multi           bool
		Query           string
	}
}
type DashboardVariableKind struct {
	QueryVariableKind *struct {
		Spec struct {
			Name            string
			Label, AllValue *string
			Multi           bool
			Refresh         DashboardVariableRefresh
			Query           DashboardDataQueryKind
		}
	}
	DatasourceVariableKind *struct {
		Spec struct {
			Name, PluginId  string
			Label, AllValue *string
			Multi           bool
			Refresh         DashboardVariableRefresh
		}
	}
	CustomVariableKind, IntervalVariableKind, ConstantVariableKind, TextVariableKind *text
	AdhocVariableKind, GroupByVariableKind, SwitchVariableKind                       *text
}
