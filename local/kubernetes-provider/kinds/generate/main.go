// Writes ../types.json: for every built-in kind of Kubernetes the JSON names of its fields, their types, and whether a
// zero value is dropped when the object is written back ("omitempty"). The official provider compares objects after a
// round trip through these Go types, so the table is what makes the diffs here come out the same.
//
//	cd local/kubernetes-provider/kinds/generate && go run . > ../types.json
//
// Grammar of a field: name ":" type ["?"], where "?" stands for omitempty and a type is one of
//
//	s string, b boolean, i integer, f float, y bytes, q quantity, n integer or string, t time, u time with
//	microseconds, * anything, pT pointer to T, [T list of T, {T map of string to T, #N the struct at index N
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
)

var special = map[reflect.Type]string{
	reflect.TypeOf(resource.Quantity{}):    "q",
	reflect.TypeOf(intstr.IntOrString{}):   "n",
	reflect.TypeOf(metav1.Time{}):          "t",
	reflect.TypeOf(metav1.MicroTime{}):     "u",
	reflect.TypeOf(metav1.Duration{}):      "s",
	reflect.TypeOf(runtime.RawExtension{}): "*",
	reflect.TypeOf(metav1.FieldsV1{}):      "*",
}

// Kinds that a client sends but that are no objects with a life of their own.
var transient = regexp.MustCompile(`(List|Options|Review|Event|Eviction|Request|Status|Binding)$`)

var keptDespiteName = map[string]bool{
	"RoleBinding": true, "ClusterRoleBinding": true, "CertificateSigningRequest": true,
	"ValidatingAdmissionPolicyBinding": true, "MutatingAdmissionPolicyBinding": true,
}

var stable = regexp.MustCompile(`^v\d+$`)

type table struct {
	index map[reflect.Type]int
	types []string
}

func (t *table) code(typ reflect.Type) string {
	if code, ok := special[typ]; ok {
		return code
	}
	switch typ.Kind() {
	case reflect.String:
		return "s"
	case reflect.Bool:
		return "b"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "i"
	case reflect.Float32, reflect.Float64:
		return "f"
	case reflect.Interface:
		return "*"
	case reflect.Pointer:
		return "p" + t.code(typ.Elem())
	case reflect.Slice:
		if typ.Elem().Kind() == reflect.Uint8 {
			return "y"
		}
		return "[" + t.code(typ.Elem())
	case reflect.Map:
		return "{" + t.code(typ.Elem())
	case reflect.Struct:
		return fmt.Sprintf("#%d", t.structIndex(typ))
	}
	panic("no code for " + typ.String())
}

func (t *table) structIndex(typ reflect.Type) int {
	if index, ok := t.index[typ]; ok {
		return index
	}
	index := len(t.types)
	t.index[typ] = index
	t.types = append(t.types, "")
	t.types[index] = strings.Join(t.fields(typ), " ")
	return index
}

func (t *table) fields(typ reflect.Type) []string {
	var fields []string
	for i := range typ.NumField() {
		field := typ.Field(i)
		parts := strings.Split(field.Tag.Get("json"), ",")
		if parts[0] == "-" {
			continue
		}
		if parts[0] == "" {
			fields = append(fields, t.fields(field.Type)...)
			continue
		}
		code := "*"
		// The status and the bookkeeping of field managers are the server's: no input holds them.
		ofServer := parts[0] == "managedFields" || (parts[0] == "status" && field.Type.Kind() == reflect.Struct)
		if !ofServer {
			code = t.code(field.Type)
		}
		if strings.Contains(strings.Join(parts[1:], ","), "omit") {
			code += "?"
		}
		fields = append(fields, parts[0]+":"+code)
	}
	return fields
}

func main() {
	t := &table{index: map[reflect.Type]int{}}
	kinds := map[string]int{}
	known := scheme.Scheme.AllKnownTypes()
	names := make([]string, 0, len(known))
	types := map[string]reflect.Type{}
	for gvk, typ := range known {
		if !stable.MatchString(gvk.Version) || (transient.MatchString(gvk.Kind) && !keptDespiteName[gvk.Kind]) {
			continue
		}
		if _, isObject := reflect.New(typ).Interface().(metav1.Object); !isObject {
			continue
		}
		name := gvk.GroupVersion().String() + "/" + gvk.Kind
		names = append(names, name)
		types[name] = typ
	}
	sort.Strings(names)
	for _, name := range names {
		kinds[name] = t.structIndex(types[name])
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(map[string]any{"kinds": kinds, "types": t.types}); err != nil {
		panic(err)
	}
}
